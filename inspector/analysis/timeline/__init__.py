"""The timeline without a window: lanes, geometry, navigation, and executions turned into pixels. No Qt."""
