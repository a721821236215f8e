"""A floor of machines: every node in reach in one process, a page with a tile for each, and MQTT.

reach       which nodes there are
topics      what is told of a station, under which topic; Home Assistant's descriptions of it. Pure
reporter    what is new of a station, as messages
broker      the way to the broker (paho-mqtt): waits for nothing, doubles nothing
tiles       the picture of all stations for the page
command     `presscue live --all`
"""
