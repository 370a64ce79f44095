"""What happens in time: reading, waiting and carrying out a plan.

Knows the cloud, the clock and the person only as protocols.
"""
