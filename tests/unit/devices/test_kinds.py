import pytest

from app.audio.catalog import Kind
from app.devices.kinds import kind_of


@pytest.mark.parametrize(
    ("name", "properties", "kind"),
    [
        ("Jabra Evolve2 30", {"device.bus": "usb", "device.form_factor": "headset"}, Kind.HEADSET),
        ("Plantronics Headset Mono", {"device.bus": "usb"}, Kind.HEADSET),
        ("WH-1000XM4", {"device.bus": "bluetooth", "device.form_factor": "headphone"}, Kind.HEADSET),
        ("JBL Flip", {"device.api": "bluez", "device.form_factor": "speaker"}, Kind.BLUETOOTH),
        ("JBL Flip", {"device.api": "bluez5", "device.bus": "bluetooth"}, Kind.BLUETOOTH),
        ("Blue Yeti Analog Stereo", {"device.bus": "usb", "device.form_factor": "microphone"}, Kind.USB),
        ("HD Pro Webcam C920 Mono", {"device.bus": "usb", "device.form_factor": "webcam"}, Kind.WEBCAM),
        ("Built-in Audio Analog Stereo", {"device.bus": "pci", "device.form_factor": "internal"}, Kind.BUILT_IN),
        ("Built-in Audio Digital Stereo (HDMI)", {"device.bus": "pci", "device.form_factor": "internal"}, Kind.HDMI),
        ("Family 17h HD Audio Controller Analog Stereo", {"device.bus": "pci"}, Kind.BUILT_IN),
        ("Desk microphone", {}, Kind.UNKNOWN),
    ],
)
def test_a_sound_server_s_properties_tell(name: str, properties: dict[str, str], kind: Kind) -> None:
    assert kind_of(name, properties) is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MacBook Pro Microphone", Kind.BUILT_IN),
        ("AirPods Pro", Kind.HEADSET),
        ("Headset Microphone (Jabra EVOLVE 30 II)", Kind.HEADSET),
        ("Microphone Array (Realtek(R) Audio)", Kind.BUILT_IN),
        ("HDA NVidia: HDMI 0 (hw:1,3)", Kind.HDMI),
        ("HDA Intel PCH: ALC257 Analog (hw:0,0)", Kind.BUILT_IN),
        ("USB PnP Sound Device: Audio (hw:2,0)", Kind.USB),
        ("FaceTime HD Camera", Kind.WEBCAM),
        ("Busbar microphone", Kind.UNKNOWN),
        ("", Kind.UNKNOWN),
    ],
)
def test_where_there_is_no_server_the_name_tells(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind
