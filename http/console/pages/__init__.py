"""The pages that show what there is."""
