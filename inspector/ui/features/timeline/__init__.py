"""The live timeline: a lane per handler, a bar per execution, at any number of executions."""
