"""A session in a laboratory's own tools: streams of the Lab Streaming Layer (LSL) as it happens.

streams     which streams there are, their channels and units, the words of the markers. Pure
outlet      the outlets (pylsl), and the time stamps
"""
