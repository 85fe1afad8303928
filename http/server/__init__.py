"""What an open port needs: connections, requests, responses, and what every route goes through."""
