import gc

import numpy as np
import pytest

from app.audio import opus
from app.audio.level import level_dbfs
from app.audio.opus import OpusDecoder, OpusEncoder, OpusMissing
from app.audio.pcm import Pcm, samples_of_ms, silence
from tests.support.voices import voiced

VOICE = voiced(1.0)
PACKET = samples_of_ms(20)


def encoded(count: int) -> list[bytes]:
    encoder = OpusEncoder()
    return [encoder.encode(VOICE[index * PACKET : (index + 1) * PACKET]) for index in range(count)]


@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_a_packet_of_any_length_comes_back_as_long_as_it_was(packet_ms: int) -> None:
    payload = OpusEncoder(packet_ms=packet_ms).encode(VOICE[: samples_of_ms(packet_ms)])
    decoder = OpusDecoder()
    assert decoder.packet_samples(payload) == samples_of_ms(packet_ms)
    assert len(decoder.decode(payload)) == samples_of_ms(packet_ms)


def test_speech_survives() -> None:
    decoder = OpusDecoder()
    heard = np.concatenate([decoder.decode(payload) for payload in encoded(25)])
    assert level_dbfs(heard) == pytest.approx(level_dbfs(VOICE[: len(heard)]), abs=1.0)


def test_what_lies_above_8_khz_survives() -> None:
    hiss = np.random.default_rng(1).normal(0, 300, len(VOICE))
    sound = (VOICE // 2 + hiss).astype(np.int16)
    encoder, decoder = OpusEncoder(), OpusDecoder()
    heard = [decoder.decode(encoder.encode(packet)) for packet in sound[: 45 * PACKET].reshape(-1, PACKET)]

    def above_8_khz(pcm: Pcm) -> float:
        return float(np.square(np.abs(np.fft.rfft(pcm.astype(float))))[round(len(pcm) / 6) :].sum())

    assert above_8_khz(np.concatenate(heard[10:])) > 0.1 * above_8_khz(sound[10 * PACKET : 45 * PACKET])


def test_an_encoder_refuses_another_length() -> None:
    with pytest.raises(ValueError):
        OpusEncoder(packet_ms=20).encode(silence(480))


def test_the_packet_after_a_lost_one_recovers_it_better_than_concealment_does() -> None:
    payloads = encoded(20)
    errors = {}
    for way in ("recover", "conceal"):
        whole, lossy = OpusDecoder(), OpusDecoder()
        for payload in payloads[:15]:
            whole.decode(payload)
            lossy.decode(payload)
        assert lossy.carries_copy(payloads[16])
        truth = whole.decode(payloads[15]).astype(float)
        made = lossy.recover(payloads[16], PACKET) if way == "recover" else lossy.conceal(PACKET)
        errors[way] = float(np.sqrt(np.mean((made - truth) ** 2)))
    assert errors["recover"] < 0.7 * errors["conceal"]


def test_without_fec_there_is_no_copy() -> None:
    encoder, decoder = OpusEncoder(fec=False), OpusDecoder()
    payloads = [encoder.encode(VOICE[index * PACKET : (index + 1) * PACKET]) for index in range(20)]
    assert not any(map(decoder.carries_copy, payloads))


@pytest.mark.parametrize("payload", [b"", b"\xff\xff\xff", bytes(range(200)), b"\x03\x00", b"\xff" * 1500])
def test_what_is_not_opus_is_concealed(payload: bytes) -> None:
    decoder = OpusDecoder()
    decoder.decode(encoded(1)[0])
    assert len(decoder.decode(payload)) > 0
    assert len(decoder.recover(payload, PACKET)) == PACKET
    decoder.carries_copy(payload)


@pytest.mark.parametrize("samples", [1, 120, 481, 960, 5760, 12_345])
def test_concealment_has_the_length_asked_for(samples: int) -> None:
    assert len(OpusDecoder().conceal(samples)) == samples


def test_long_concealment_fades() -> None:
    decoder = OpusDecoder()
    for payload in encoded(20):
        decoder.decode(payload)
    assert level_dbfs(decoder.conceal(48_000)[-4800:]) < -60


def test_stereo_decodes_to_mono() -> None:
    # A CELT packet whose table of contents says stereo (bit 2), with a body of noise: RFC 6716 section 3.1.
    payload = bytes([0xFC]) + bytes(range(40, 120))
    assert OpusDecoder().packet_samples(payload) == PACKET
    assert OpusDecoder().decode(payload).shape == (PACKET,)


def test_codecs_are_freed_with_their_owners_and_closing_twice_is_harmless() -> None:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    for codec in (encoder, decoder):
        codec.close()
        codec.close()
        assert not codec._free.alive
    finaliser = OpusDecoder()._free
    gc.collect()
    assert not finaliser.alive


def test_the_library_is_the_one_in_the_wheel() -> None:
    assert "av" in next(iter(opus._places()))


def test_a_machine_without_libopus_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opus, "_places", lambda: iter(["/nowhere/libopus.so.0"]))
    opus._library.cache_clear()
    try:
        with pytest.raises(OpusMissing):
            OpusDecoder()
    finally:
        opus._library.cache_clear()
