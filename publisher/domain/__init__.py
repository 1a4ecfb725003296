"""What Copydesk knows and decides. Pure: standard library only, time is an argument."""
