"""The piezo in the case: a tone by PWM."""


class Buzzer:
    """`pwm` has the methods of machine.PWM; its frequency is set when it is made."""

    def __init__(self, pwm):
        self._pwm = pwm

    def setup(self):
        self.drive(0)

    def check(self):
        return True

    def drive(self, strength):
        """Sound at `strength` percent; 0 is silent. A piezo is loudest at half duty. Raises OSError."""
        self._pwm.duty_u16(32_768 * strength // 100)
