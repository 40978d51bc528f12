"""The first hour of somebody new, with real keys and clicks: a window on a virtual display, under a window manager.

``hands`` moves the mouse and presses keys as a person does (xdotool), and counts; ``tasks`` are the twelve things that
people want to do in their first hour; ``driver`` opens the window and does one of them, in a process of its own.
"""
