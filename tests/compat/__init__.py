"""What works on which release of OpenStack, shown on real clouds."""
