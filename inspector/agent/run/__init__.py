"""What runs inside a program that somebody else has started: it looks for buses, and writes down what happens."""
