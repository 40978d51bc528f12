"""A shop with a planted fault for every rule; the codes at the end of a line say what is wrong there."""
