"""What a trace's rows say: tree, critical path, idle gaps, cost, sums."""
