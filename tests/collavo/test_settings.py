import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from collavo.settings import address, database, fernet_keys, flag, language, mailer, number

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'(?:text|flag|number|address|prefixes|language)\("([A-Z_]+)"')


def load(data_dir: Path, show: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process makes of the environment: it prints the expression `show`."""
    program = f"from collavo import settings; print({show})"
    surroundings = {"PATH": os.environ["PATH"], "READ_DOT_ENV": "no", "DATA_DIR": str(data_dir), **env}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)


def test_every_setting_is_named_with_a_comment_in_the_example() -> None:
    read = set(READ.findall((ROOT / "collavo/settings.py").read_text()))
    blocks = (ROOT / ".env.example").read_text().split("\n\n")
    named = {name for block in blocks for name in re.findall(r"^# ([A-Z_]+)=", block, re.MULTILINE)}
    assert read - named == set()
    assert named - read == set()
    assert all(re.search(r"^# .*[a-z]", block, re.MULTILINE) for block in blocks)


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    shown = [load(tmp_path / "new", "settings.SECRET_KEY, settings.TOKEN_KEYS").stdout for _ in range(2)]
    assert shown[0] == shown[1] != ""
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    assert modes == {0o600}
    assert {file.name for file in (tmp_path / "new").iterdir()} == {"secret_key", "token_keys"}


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path) -> None:
    program = "from collavo import settings; print(settings.SECRET_KEY, settings.TOKEN_KEYS)"
    env = {"PATH": os.environ["PATH"], "READ_DOT_ENV": "no", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    together = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in together}) == 1


def test_secrets_from_the_environment_are_not_written_anywhere(tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "s" * 50, "TOKEN_KEYS": settings.TOKEN_KEYS[0]}
    assert load(tmp_path / "new", "settings.SECRET_KEY", **keys).stdout == "s" * 50 + "\n"
    assert not (tmp_path / "new").exists()


def test_a_data_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    env = {**os.environ, "DATA_DIR": str(tmp_path / "file"), "SECRET_KEY": ""}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Set DATA_DIR to a folder this user may write" in done.stderr


def test_https_brings_everything_strict_and_http_nothing_that_needs_a_proxy(tmp_path: Path) -> None:
    show = "settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0"
    assert load(tmp_path, show, BASE_URL="https://collavo.example").stdout == "True True True\n"
    assert load(tmp_path, show).stdout == "False False False\n"


def test_the_addresses_of_console_and_media_are_allowed_hosts(tmp_path: Path) -> None:
    env = {"BASE_URL": "https://collavo.example/", "MEDIA_BASE_URL": "https://media.example"}
    shown = load(tmp_path, "settings.BASE_URL, settings.ALLOWED_HOSTS", **env).stdout
    assert shown == "https://collavo.example ['127.0.0.1', 'collavo.example', 'localhost', 'media.example']\n"


def test_the_port_moves_the_default_address(tmp_path: Path) -> None:
    assert load(tmp_path, "settings.BASE_URL", PORT="8010").stdout == "http://127.0.0.1:8010\n"


def test_pages_may_load_only_what_we_serve_and_nothing_inline() -> None:
    policy = settings.SECURE_CSP
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert not any("unsafe" in source for sources in policy.values() for source in sources)


def test_only_postgresql_is_a_database() -> None:
    for url in ("sqlite:///db.sqlite3", "mysql://u:p@h/d", "nonsense"):
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be PostgreSQL"):
            database(url)
    for url in ("postgres://u:p@host:70000/d", "postgres://u:p@host"):
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
            database(url)


def test_a_database_address_may_carry_options_of_libpq() -> None:
    config = database("postgres://u:p%40ss@db:5433/collavo?sslmode=require")
    assert (config["HOST"], config["PORT"], config["PASSWORD"]) == ("db", 5433, "p@ss")
    assert config["OPTIONS"]["sslmode"] == "require"


def test_without_a_database_address_the_embedded_server_is_used() -> None:
    assert database("")["ENGINE"] == "collavo.embedded"


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "70000"])
def test_a_number_that_cannot_work_names_its_setting(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match="PORT must be a whole number from 1 to 65535"):
        number("PORT", 8000, most=65535)


@pytest.mark.parametrize(
    ("value", "meaning"), [("yes", True), ("1", True), ("FALSE", False), ("off", False), ("", True)]
)
def test_a_flag_is_yes_or_no_and_its_default_when_empty(
    monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool
) -> None:
    monkeypatch.setenv("DEBUG", value)
    assert flag("DEBUG", default=True) is meaning


def test_a_flag_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="DEBUG must be yes or no"):
        flag("DEBUG")


@pytest.mark.parametrize("value", ["collavo.example", "ftp://collavo.example", "https://"])
def test_an_address_needs_a_scheme_and_a_host(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BASE_URL", value)
    with pytest.raises(ImproperlyConfigured, match="BASE_URL must be an address"):
        address("BASE_URL")


@pytest.mark.parametrize(("value", "code"), [("", "en"), ("de", "de"), ("de_CH", "de-ch"), ("PT-br", "pt-br")])
def test_a_language_is_named_by_its_code(monkeypatch: pytest.MonkeyPatch, value: str, code: str) -> None:
    monkeypatch.setenv("LANGUAGE_CODE", value)
    assert language("LANGUAGE_CODE", "en") == code


@pytest.mark.parametrize("value", ["german", "xx", "d", "de,en"])
def test_a_language_that_nobody_knows_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LANGUAGE_CODE", value)
    with pytest.raises(ImproperlyConfigured, match="LANGUAGE_CODE must be the code of a language, such as en, de or"):
        language("LANGUAGE_CODE", "en")


def test_token_keys_that_are_no_keys_are_refused_without_showing_them() -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        fernet_keys("my-secret-words")
    assert "my-secret-words" not in str(error.value)


def test_mail_goes_where_its_address_says() -> None:
    options = mailer("smtp+tls://user:pass@mail.example:587")["OPTIONS"]
    assert (options["host"], options["port"], options["use_tls"]) == ("mail.example", 587, True)
    assert mailer("consolemail://") == {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        mailer("pigeon://")


def test_the_queue_gives_no_task_out_again_while_it_may_still_run() -> None:
    assert settings.Q_CLUSTER["timeout"] < settings.Q_CLUSTER["retry"]


S3 = {"MEDIA_STORAGE": "s3", "MEDIA_BUCKET": "media", "MEDIA_REGION": "eu-central-1"}


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"MEDIA_STORAGE": "ftp"}, "MEDIA_STORAGE must be local, s3 or gcs, not 'ftp'."),
        ({"MEDIA_STORAGE": "s3"}, "MEDIA_BUCKET is missing: MEDIA_STORAGE is s3."),
        ({"MEDIA_STORAGE": "gcs"}, "MEDIA_BUCKET is missing: MEDIA_STORAGE is gcs."),
        ({"MEDIA_BUCKET": "media"}, "MEDIA_BUCKET is set, but MEDIA_STORAGE is local."),
        ({"MEDIA_ADDRESSES": "storage"}, "MEDIA_ADDRESSES is storage, but files on the local disk"),
        ({**S3, "MEDIA_ADDRESSES": "direct"}, "MEDIA_ADDRESSES must be collavo or storage, not 'direct'."),
        ({**S3, "MEDIA_REGION": ""}, "MEDIA_REGION is missing"),
        ({**S3, "MEDIA_ACCESS_KEY": "a"}, "MEDIA_SECRET_KEY is missing"),
        ({**S3, "MEDIA_SECRET_KEY": "a"}, "MEDIA_ACCESS_KEY is missing"),
        ({**S3, "MEDIA_ENDPOINT": "minio:9000"}, "MEDIA_ENDPOINT must be an address like"),
        ({"MEDIA_STORAGE": "gcs", "MEDIA_BUCKET": "media"}, "MEDIA_CREDENTIALS is missing"),
        (
            {"MEDIA_STORAGE": "gcs", "MEDIA_BUCKET": "media", "MEDIA_CREDENTIALS": "/nowhere.json"},
            "MEDIA_CREDENTIALS cannot be read: /nowhere.json",
        ),
        (
            {"MEDIA_STORAGE": "gcs", "MEDIA_BUCKET": "media", "MEDIA_CREDENTIALS": str(ROOT / ".env.example")},
            "MEDIA_CREDENTIALS cannot be read",
        ),
    ],
)
def test_a_media_storage_that_cannot_work_stops_the_start(env: dict[str, str], sentence: str, tmp_path: Path) -> None:
    done = load(tmp_path, "settings.STORAGES", **env)
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]


def test_a_key_that_is_no_service_accounts_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text('{"type": "authorized_user"}')
    env = {"MEDIA_STORAGE": "gcs", "MEDIA_BUCKET": "media", "MEDIA_CREDENTIALS": str(tmp_path / "key.json")}
    assert "no service account's key" in load(tmp_path, "1", **env).stderr


def test_media_are_kept_where_the_environment_says(tmp_path: Path) -> None:
    show = "settings.STORAGES['default']['BACKEND'], settings.MEDIA_ADDRESSES"
    assert load(tmp_path, show).stdout == "approvals.storage.local.LocalStorage collavo\n"
    assert load(tmp_path, show, **S3).stdout == "approvals.storage.s3.S3Storage storage\n"
    gcs = {"MEDIA_STORAGE": "gcs", "MEDIA_BUCKET": "media", "MEDIA_ADDRESSES": "collavo"}
    assert load(tmp_path, show, **gcs).stdout == "approvals.storage.gcs.GcsStorage collavo\n"
