import bleak as _b
class bleak:
    from bleak.backends.scanner import BaseBleakScanner, AdvertisementData
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
    from bleak.exc import BleakError
