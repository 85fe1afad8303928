"""Grants: seats and member slots beside those of the plan."""
