"""The account itself: its opening, its names, its status and its credit."""
