"""`copydesk`: the command line. Each command's module is imported only when it runs."""

import sys
import traceback
from importlib import import_module

import click

from publisher.domain.errors import ConfigError, CopydeskError, Unavailable

_COMMANDS = {
    "init": ("content", "Make a content repository to begin with."),
    "validate": ("validate", "Check content files; say what is wrong and where."),
    "fmt": ("fmt", "Tidy spaces and line ends of content files, and nothing else."),
    "preview": ("preview", "Show what an epic will look like on every profile."),
    "explain": ("validate", "Say why a rule exists and how to mend what breaks it."),
    "new": ("draft", "Begin an epic: a branch with a draft pull request."),
    "edit": ("draft", "Edit an epic; what changes must be approved again."),
    "duplicate": ("draft", "Begin a copy of an epic."),
    "request-review": ("draft", "Ask for the approvals of an epic."),
    "close": ("draft", "Give a draft up."),
    "approve": ("review", "Approve tasks as they are now."),
    "withdraw": ("review", "Take an approval back."),
    "request-changes": ("review", "Say what must change before you approve."),
    "read-through": ("schedule", "The whole epic as it will appear."),
    "schedule": ("schedule", "Confirm the read-through and merge: Scheduled."),
    "unschedule": ("schedule", "Take an epic out of the schedule."),
    "publish-now": ("schedule", "Let an approved epic go out now."),
    "list": ("library", "Every epic with its state."),
    "calendar": ("library", "What goes out when; --ics for calendar programs."),
    "status": ("look", "Where every epic is, or one epic in full."),
    "plan": ("look", "What would go out, and when. Changes nothing."),
    "platforms": ("platforms", "Where Copydesk can publish, and what each platform can do."),
    "log": ("look", "The whole story of one epic."),
    "retry": ("decide", "Try failed deliveries again."),
    "hold": ("decide", "Keep back what waits, until release."),
    "release": ("decide", "Let held deliveries go out."),
    "cancel": ("decide", "Never send a delivery that is held or waits."),
    "resolve": ("decide", "Say whether an unconfirmed delivery is live."),
    "pause": ("decide", "Stop everything at once, until resume."),
    "resume": ("decide", "Go on after a pause."),
    "doctor": ("doctor", "Is everything as it must be, and if not, how to mend it."),
    "check": ("decide", "Look whether what was published is still there."),
    "pin": ("media", "Fetch and pin media that lie at an address."),
    "media-url": ("media", "A public address of a file, good for a day."),
    "media-server": ("media", "Serve such addresses to platforms."),
    "round": ("run", "Run one round now."),
    "worker": ("run", "Run a worker on this machine."),
    "up": ("run", "Start everything on this machine."),
    "hooks": ("run", "Listen for GitHub's webhooks."),
    "sandbox": ("run", "Run the sandbox, a social network of your own."),
    "demo": ("demo", "Show the main job in a temporary folder."),
}

PROBLEM, CANNOT_RUN, BUG, INTERRUPTED = 1, 2, 3, 130


class LazyGroup(click.Group):
    """Knows every command's name and purpose without importing it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"publisher.entrypoints.cli_{_COMMANDS[cmd_name][0]}")
        command = getattr(module, _function(cmd_name))
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from publisher.files.words import did_you_mean  # noqa: PLC0415 - only for a typo

            hint = did_you_mean(args[0], _COMMANDS, "`copydesk --help` lists them all.")
            ctx.fail(f"There is no command “{args[0]}”. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in _COMMANDS.items()])


def _function(command: str) -> str:
    """The name of a command's function: `list` alone would hide Python's own."""
    return "list_" if command == "list" else command.replace("-", "_")


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="First steps: `copydesk demo`, then `copydesk init my-content`, then"
    " `copydesk up --repo my-content`. Exit codes: 0 fine, 1 a problem was found,"
    " 2 could not run, 3 a bug in Copydesk.",
)
@click.version_option(package_name="copydesk", message="%(prog)s %(version)s")
def cli() -> None:
    """Plan, approve and publish campaigns from git: nothing goes out twice, nothing is lost."""


def main() -> None:
    """Run a command; turn every failure into a sentence and an exit code."""
    try:
        code = cli.main(standalone_mode=False, prog_name="copydesk")
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = CANNOT_RUN
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped.", err=True)
        code = INTERRUPTED
    except (ConfigError, Unavailable) as error:
        code = _said(error, CANNOT_RUN)
    except CopydeskError as error:
        code = _said(error, PROBLEM)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception:  # noqa: BLE001 - the last door: a bug becomes exit code 3
        traceback.print_exc()
        click.echo("This is a bug in Copydesk. Nothing was lost; please report it.", err=True)
        code = BUG
    sys.exit(code if isinstance(code, int) else 0)


def _said(error: CopydeskError, code: int) -> int:
    click.secho(str(error), fg="red", err=True)
    return code
