import os
import stat
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.audio.catalog import Kind
from app.audio.loudness import Target
from app.conversation.presets import PRESETS, preset_named
from app.conversation.prices import PRICES, Price
from app.conversation.profiles import (
    BROKER,
    BUILT_IN,
    OWN_KEY,
    REHEARSAL,
    AuthStyle,
    Dialect,
    Door,
    IceServer,
    Profile,
    Transport,
)
from app.conversation.settings import (
    CueSettings,
    DesktopSettings,
    DeviceChoice,
    Effort,
    LevelSettings,
    NoiseFilter,
    Settings,
    TalkMode,
    TalkSettings,
    Theme,
    TurnMode,
    TurnSettings,
)
from app.conversation.troubles import SettingsBroken, SettingsIgnored, SettingsUnwritable
from app.realtime.choices import Modality, RetentionRatio, TruncationMode
from app.vault.preferences import load, save

KEY = "sk-proj-planted0123456789"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


# --- reading --------------------------------------------------------------------------------------------------


def test_without_a_file_all_is_default(file: Path) -> None:
    assert load(file) == (Settings(), None)
    assert not file.exists()


def test_every_setting_can_be_told(file: Path) -> None:
    written(
        file,
        """
        schema = 1
        profile = "work"
        instructions = "Be brief."
        transcription_model = "whisper-1"
        transcription_language = "de"
        output_modality = "text"
        speed = 1.25
        noise_reduction = "far_field"
        max_output_tokens = 500
        truncation = 0.75
        reasoning_effort = "low"
        restore_context = false
        idle_hang_up_s = 0
        cost_cap_usd = 2
        output_volume = 0.25
        lower_others = true
        muted = true
        theme = "dark"
        welcomed = true
        [turn]
        mode = "push-to-talk"
        threshold = 1
        prefix_padding_ms = 100
        silence_duration_ms = 900
        eagerness = "high"
        tail_ms = 50
        pre_roll_ms = 0
        interrupt_response = false
        idle_timeout_ms = 5000
        [talk]
        mode = "hold-or-lock"
        key = "F9"
        longest_hold_s = 30
        [cues]
        enabled = false
        volume = 1
        [desktop]
        close_to_tray = true
        start_at_login = true
        start_hidden = true
        pill = false
        notify = false
        mute_on_lock = false
        [microphone]
        id = "usb-1"
        name = "Desk microphone"
        earlier = ["Headset", "Webcam"]
        kind = "usb"
        [speaker]
        name = "Headphones"
        [level]
        target = "loud"
        [level.voices_dbfs]
        "Desk microphone" = -41.5
        "Webcam (2)" = -33
        [profiles.work]
        title = "Work"
        door = "broker-proxy"
        broker_url = "https://broker.example/token"
        auth = "api-key"
        dialect = "beta"
        calls_path = "/realtime?model={model}"
        socket_path = ""
        transport = "webrtc"
        envelope = true
        own_transcription = true
        ice_servers = [{url = "stun:stun.example"}]
        [profiles.openai]
        voice = "cedar"
        [prices."gpt-realtime-2.1"]
        audio_in = 30
        [prices.mine]
        text_out = 1.5
        """,
    )
    work = Profile(
        name="work",
        title="Work",
        door=Door.BROKER_PROXY,
        broker_url="https://broker.example/token",
        auth=AuthStyle.API_KEY,
        dialect=Dialect.BETA,
        calls_path="/realtime?model={model}",
        socket_path="",
        transport=Transport.WEBRTC,
        envelope=True,
        own_transcription=True,
        ice_servers=(IceServer("stun:stun.example"),),
    )
    turn = TurnSettings(
        TurnMode.PUSH_TO_TALK, 1.0, 100, 900, "high", 50, 0, interrupt_response=False, idle_timeout_ms=5000
    )
    assert load(file) == (
        Settings(
            profile="work",
            profiles=(REHEARSAL, BROKER, replace(OWN_KEY, voice="cedar"), work),
            turn=turn,
            talk=TalkSettings(TalkMode.HOLD_OR_LOCK, "F9", 30),
            cues=CueSettings(enabled=False, volume=1.0),
            desktop=DesktopSettings(
                close_to_tray=True, start_at_login=True, start_hidden=True, pill=False, notify=False, mute_on_lock=False
            ),
            instructions="Be brief.",
            transcription_model="whisper-1",
            transcription_language="de",
            output_modality=Modality.TEXT,
            speed=1.25,
            noise_reduction=NoiseFilter.FAR_FIELD,
            max_output_tokens=500,
            truncation=RetentionRatio(0.75),
            reasoning_effort=Effort.LOW,
            restore_context=False,
            idle_hang_up_s=0,
            cost_cap_usd=2.0,
            prices={
                **PRICES,
                "gpt-realtime-2.1": replace(PRICES["gpt-realtime-2.1"], audio_in=30.0),
                "mine": Price(text_out=1.5),
            },
            microphone=DeviceChoice("usb-1", "Desk microphone", ("Headset", "Webcam"), Kind.USB),
            speaker=DeviceChoice("", "Headphones"),
            level=LevelSettings(Target.LOUD, {"Desk microphone": -41.5, "Webcam (2)": -33.0}),
            output_volume=0.25,
            lower_others=True,
            muted=True,
            theme=Theme.DARK,
            welcomed=True,
        ),
        None,
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("output_volume = 7", "output_volume"),
        ('[turn]\nthreshold = "much"', "turn.threshold"),
        ('[turn]\nmode = "telepathy"', "turn.mode"),
        ("turn = 5", "turn"),
        ("microphone = []", "microphone"),
        ('[speaker]\nkind = "hovering"', "speaker.kind"),
        ('[level]\ntarget = "deafening"', "level.target"),
        ("[level]\nvoices_dbfs = 5", "level.voices_dbfs"),
        ("[level.voices_dbfs]\nHeadset = 5", "level.voices_dbfs"),
        ("profiles = 5", "profiles"),
        ("[profiles]\nwork = 5", "profiles.work"),
        ('[profiles.work]\ndoor = "window"', "profiles.work.door"),
        ('[profiles."two words"]', "a profile with an unusable name"),
        ("speed = 2", "speed"),
        ('noise_reduction = "some"', "noise_reduction"),
        ("max_output_tokens = 4097", "max_output_tokens"),
        ("max_output_tokens = inf", "max_output_tokens"),
        ('truncation = "sometimes"', "truncation"),
        ("truncation = 1.5", "truncation"),
        ('reasoning_effort = "much"', "reasoning_effort"),
        ("idle_hang_up_s = 29", "idle_hang_up_s"),
        ("cost_cap_usd = -1", "cost_cap_usd"),
        ("[turn]\nidle_timeout_ms = 4999", "turn.idle_timeout_ms"),
        ("prices = 5", "prices"),
        ("[prices]\nmine = 5", "prices.mine"),
        ("[prices.mine]\ntext_in = -1", "prices.mine.text_in"),
        ('[prices."two words"]', "a price of a model with an unusable name"),
        ('[profiles.work]\npreset = "unheard of"', "profiles.work.preset"),
        ('[profiles.work]\ntransport = "pigeon"', "profiles.work.transport"),
        ('schema = "one"', "schema"),
        ("schema = 2", "newer version"),
    ],
)
def test_one_bad_value_is_named_and_costs_only_itself(file: Path, text: str, named: str) -> None:
    written(file, f"welcomed = true\n{text}\n")
    settings, trouble = load(file)
    assert isinstance(trouble, SettingsIgnored)
    assert named in trouble.sentence
    assert settings.welcomed
    assert settings.turn == TurnSettings()
    assert settings.profiles[:3] == BUILT_IN
    assert file.read_text().startswith("welcomed = true")


@pytest.mark.parametrize("line", [f'broker_url = "https://h/?key={KEY}"', f'note = "{KEY}"', f'x = [{{y = "{KEY}"}}]'])
def test_a_profile_that_holds_a_key_is_not_used_and_not_quoted(file: Path, line: str) -> None:
    written(file, f'[profiles.work]\ntitle = "Work"\n{line}\n')
    settings, trouble = load(file)
    assert settings == Settings()
    assert isinstance(trouble, SettingsIgnored)
    assert "profiles.work" in trouble.sentence
    assert KEY not in str(trouble)


def test_a_key_as_a_profile_s_name_is_not_quoted_either(file: Path) -> None:
    _, trouble = load(written(file, f"[profiles.{KEY}]\n"))
    assert isinstance(trouble, SettingsIgnored)
    assert KEY not in str(trouble)


@pytest.mark.parametrize(
    "content",
    [
        b"this is = not = toml",
        b"\xff\xfe\x00",
        b"a = 1\na = 2",
        b"[" * 20_000,
        b"# " + b"x" * 1_000_001,
        b"output_volume = 0.5\n[turn\n",
    ],
)
def test_a_broken_file_is_set_aside_with_all_it_held(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    settings, trouble = load(file)
    assert settings == Settings()
    assert isinstance(trouble, SettingsBroken)
    assert "settings.broken-1.toml" in trouble.sentence
    assert (file.parent / "settings.broken-1.toml").read_bytes() == content
    assert not file.exists()


def test_no_broken_file_takes_the_place_of_another(file: Path) -> None:
    for number in (1, 2, 3):
        written(file, f"broken {number}")
        load(file)
    kept = sorted(path.name for path in file.parent.iterdir())
    assert kept == [f"settings.broken-{number}.toml" for number in (1, 2, 3)]
    assert (file.parent / "settings.broken-2.toml").read_text() == "broken 2"


def test_a_file_that_cannot_be_read_is_a_trouble(file: Path) -> None:
    file.mkdir()
    settings, trouble = load(file)
    assert settings == Settings()
    assert isinstance(trouble, SettingsIgnored)


# --- writing --------------------------------------------------------------------------------------------------


def test_only_what_differs_from_the_defaults_is_written(file: Path) -> None:
    save(file, Settings(output_volume=0.5))
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["schema = 1", "output_volume = 0.5"]


def test_the_file_and_its_folder_are_private(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.toml"
    save(file, Settings())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["settings.toml"]


def test_comments_unknown_keys_and_unusable_values_stay(file: Path) -> None:
    before = """# mine
colour = "blue"  # unknown
output_volume = 7 # unusable
muted = false

[turn]
# why
threshold = 0.7   # quiet room
extra = [1, 2]

[profiles.work]
title = "Work" # name
zeal = 11

[future.things]
x = 1979-05-27
"""
    settings, _ = load(written(file, before))
    save(file, replace(settings, muted=True, turn=replace(settings.turn, tail_ms=100)))
    after = before.replace("muted = false", "muted = true").replace(
        "extra = [1, 2]\n", "extra = [1, 2]\ntail_ms = 100\n"
    )
    assert file.read_text() == after


def test_a_setting_takes_the_place_of_an_unusable_value(file: Path) -> None:
    settings, _ = load(written(file, "turn = 5\noutput_volume = 7\n"))
    changed = replace(settings, output_volume=0.5, turn=TurnSettings(tail_ms=1))
    save(file, changed)
    assert load(file) == (changed, None)


@pytest.mark.parametrize(
    "text",
    [
        "turn.mode = 'server-vad'\n",
        "turn = {mode = 'server-vad'}\n",
        "[profiles.work]\ntitle='a'\n[turn]\n[profiles.home]\ntitle='b'\n",
        "profiles.work.title = 'a'\n",
        "profiles = {work = {title = 'a'}}\n",
        "[x]\ny = 1\n",
        "[[x]]\ny = 1\r\n",
    ],
)
def test_any_style_of_table_can_be_changed(file: Path, text: str) -> None:
    settings, _ = load(written(file, text))
    more = (*settings.profiles, Profile(name="new", title="New", door=Door.OWN_KEY))
    more = tuple(replace(profile, voice="ash") for profile in more)
    changed = replace(settings, muted=True, turn=TurnSettings(tail_ms=1), profiles=more)
    save(file, changed)
    reread, trouble = load(file)
    assert trouble is None
    assert set(reread.profiles) == set(changed.profiles)
    assert replace(reread, profiles=()) == replace(changed, profiles=())


def test_a_removed_profile_goes_and_a_built_in_one_stays(file: Path) -> None:
    work = Profile(name="work", title="Work", door=Door.BROKER)
    save(file, replace(Settings(), profiles=(*BUILT_IN, work)))
    assert load(file)[0].profile_named("work") == work
    save(file, replace(Settings(), profiles=(REHEARSAL,)))
    assert load(file)[0].profiles == BUILT_IN


def test_a_refused_profile_is_left_to_its_owner(file: Path) -> None:
    text = f'[profiles.work]\nbroker_url = "{KEY}"\n'
    settings, _ = load(written(file, text))
    save(file, replace(settings, muted=True))
    assert text in file.read_text()


@pytest.mark.parametrize(
    "settings",
    [
        Settings(instructions=f"my key is {KEY}"),
        Settings(profiles=(replace(BROKER, broker_url=KEY),)),
        Settings(profiles=(replace(BROKER, ice_servers=(IceServer("turn:a", "u", KEY),)),)),
        Settings(profiles=(replace(BROKER, name=KEY),)),
    ],
)
def test_no_key_is_ever_written(file: Path, settings: Settings) -> None:
    with pytest.raises(SettingsUnwritable) as caught:
        save(file, settings)
    assert KEY not in str(caught.value)
    assert not file.exists()


def test_a_file_broken_in_the_meantime_is_not_lost(file: Path) -> None:
    written(file, "half an edi")
    save(file, Settings(muted=True))
    assert (file.parent / "settings.broken-1.toml").read_text() == "half an edi"
    assert load(file)[0].muted


def test_a_link_stays_a_link(tmp_path: Path, file: Path) -> None:
    real = tmp_path / "dotfiles" / "parlance.toml"
    real.parent.mkdir()
    written(real, "# mine\n")
    file.symlink_to(real)
    save(file, Settings(muted=True))
    assert file.is_symlink()
    assert real.read_text().startswith("# mine")


def test_a_folder_that_cannot_be_written_is_a_trouble(tmp_path: Path) -> None:
    written(tmp_path / "taken", "")
    with pytest.raises(SettingsUnwritable):
        save(tmp_path / "taken" / "settings.toml", Settings(muted=True))
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(SettingsUnwritable):
        save(tmp_path / "settings.toml", Settings(muted=True))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX only")
def test_a_full_disk_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(file, Settings(output_volume=0.5))
    before = file.read_text()

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsUnwritable, match="No space left"):
        save(file, Settings(output_volume=0.75))
    assert file.read_text() == before
    assert [path.name for path in file.parent.iterdir()] == ["settings.toml"]


def test_a_reader_never_sees_half_a_file(file: Path) -> None:
    save(file, Settings())
    done = threading.Event()
    seen: list[object] = []

    def read() -> None:
        while not done.is_set():
            seen.append(load(file)[1])

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(30):
        save(file, Settings(instructions=f"{number} " * 2000))
    done.set()
    reader.join()
    assert seen
    assert set(seen) == {None}


# --- presets and prices ---------------------------------------------------------------------------------------


def test_a_profile_is_built_on_its_preset(file: Path) -> None:
    written(
        file,
        """
        [profiles.work]
        preset = "azure"
        title = "Work"
        server_url = "https://work.example/openai/v1"
        """,
    )
    azure = preset_named("azure")
    assert azure is not None
    work = replace(azure.named("work", "Work"), server_url="https://work.example/openai/v1")
    assert load(file)[0].profile_named("work") == work


def test_only_what_differs_from_a_preset_is_written(file: Path) -> None:
    speaches = preset_named("speaches")
    assert speaches is not None
    profile = replace(speaches.named("den", "In the den"), model="qwen")
    save(file, Settings(profiles=(*BUILT_IN, profile)))
    table = file.read_text().partition("[profiles.den]")[2]
    assert table.split() == ["preset", "=", '"speaches"', "title", "=", '"In', "the", 'den"', "model", "=", '"qwen"']
    assert load(file)[0].profile_named("den") == profile


def test_a_profile_can_change_its_preset(file: Path) -> None:
    for name in ("azure", "localai", ""):
        preset = preset_named(name)
        profile = preset.named("den") if preset else Profile(name="den", title="Den", door=Door.BROKER)
        save(file, Settings(profiles=(*BUILT_IN, profile)))
        assert load(file)[0].profile_named("den") == profile


def test_a_price_is_dropped_with_its_table(file: Path) -> None:
    changed = {**PRICES, "gpt-realtime-2.1": Price(audio_in=1.0), "mine": Price(text_in=1.0)}
    save(file, Settings(prices=changed))
    assert load(file)[0].prices == changed
    save(file, Settings())
    assert "mine" not in file.read_text()
    assert load(file) == (Settings(), None)


def test_what_others_put_beside_the_settings_stays(file: Path) -> None:
    written(file, '[prices.mine]\ncurrency = "USD" # note\n[profiles.work]\npreset = "azure"\ncolour = "blue"\n')
    settings, _trouble = load(file)
    work = settings.profile_named("work")
    assert work is not None
    profiles = (*BUILT_IN, replace(work, model="deployed"))
    save(file, replace(settings, speed=1.5, prices={**settings.prices, "mine": Price(1)}, profiles=profiles))
    text = file.read_text()
    assert all(kept in text for kept in ('currency = "USD" # note', 'colour = "blue"', "deployed", "speed"))


words = st.text(st.characters(codec="utf-8"), max_size=30)
profiles = st.builds(
    Profile,
    name=st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,8}", fullmatch=True),
    title=words,
    door=st.sampled_from(Door),
    broker_url=words,
    server_url=words,
    calls_path=words,
    secrets_path=words,
    socket_path=words,
    transport=st.sampled_from(Transport),
    envelope=st.booleans(),
    own_transcription=st.booleans(),
    preset=st.sampled_from(["", *(preset.name for preset in PRESETS)]),
    auth=st.sampled_from(AuthStyle),
    dialect=st.sampled_from(Dialect),
    model=words,
    voice=words,
    ice_servers=st.lists(st.builds(IceServer, st.just("turn:a"), words, words), max_size=2).map(tuple),
)
milliseconds = st.integers(0, 10_000)
dollars = st.floats(0, 1_000_000)
any_settings = st.builds(
    Settings,
    profile=words,
    profiles=st.lists(profiles, max_size=3, unique_by=lambda profile: profile.name).map(
        lambda own: tuple(({profile.name: profile for profile in (*BUILT_IN, *own)}).values())
    ),
    turn=st.builds(
        TurnSettings,
        st.sampled_from(TurnMode),
        st.floats(0, 1),
        milliseconds,
        milliseconds,
        st.sampled_from(["auto", "low", "medium", "high"]),
        milliseconds,
        milliseconds,
        st.booleans(),
        st.just(0) | st.integers(5000, 30_000),
    ),
    output_modality=st.sampled_from(Modality),
    speed=st.floats(0.25, 1.5),
    noise_reduction=st.sampled_from(NoiseFilter),
    max_output_tokens=st.just("inf") | st.integers(1, 4096),
    truncation=st.sampled_from(TruncationMode) | st.builds(RetentionRatio, st.floats(0, 1)),
    reasoning_effort=st.sampled_from(Effort),
    restore_context=st.booleans(),
    idle_hang_up_s=st.just(0) | st.integers(30, 86_400),
    cost_cap_usd=dollars,
    prices=st.dictionaries(
        st.from_regex(r"[a-z0-9][a-z0-9_.:/@-]{0,8}", fullmatch=True), st.builds(Price, *[dollars] * 7), max_size=3
    ).map(lambda own: {**PRICES, **own}),
    instructions=words,
    transcription_model=words,
    transcription_language=words,
    talk=st.builds(TalkSettings, st.sampled_from(TalkMode), words, st.integers(5, 3600)),
    cues=st.builds(CueSettings, st.booleans(), st.floats(0, 1)),
    desktop=st.builds(DesktopSettings, *[st.booleans()] * 6),
    microphone=st.builds(DeviceChoice, words, words, st.lists(words, max_size=3).map(tuple), st.sampled_from(Kind)),
    level=st.builds(LevelSettings, st.sampled_from(Target), st.dictionaries(words, st.floats(-100, 0), max_size=3)),
    speaker=st.builds(DeviceChoice, words, words),
    output_volume=st.floats(0, 1),
    lower_others=st.booleans(),
    muted=st.booleans(),
    theme=st.sampled_from(Theme),
    welcomed=st.booleans(),
)


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.lists(any_settings, min_size=1, max_size=3))
def test_what_is_saved_is_loaded(story: list[Settings]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.toml"
        for settings in story:
            save(file, settings)
            reread, trouble = load(file)
            assert trouble is None
            assert replace(reread, profiles=()) == replace(settings, profiles=())
            assert set(reread.profiles) == set(settings.profiles)
