"""From a run to the content of its report: reads artifacts and the run's log, computes nothing that a stage has computed."""
