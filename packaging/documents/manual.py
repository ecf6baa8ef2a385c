"""The manual pages: one for each command, from its own help, and one for the settings file, from the daemon's options."""

import roff


def synopsis(command):
    parts = [f"\\fB{roff.escape(' '.join(command.words))}\\fR"]
    if command.subcommands:
        parts.append("\\fIsubcommand\\fR")
    for each in command.arguments:
        if "--help" in each.names or "--version" in each.names:
            continue
        if each.kind == "positional":
            text = f"\\fI{roff.escape(each.value)}\\fR"
        else:
            text = "\\fB" + roff.escape(each.names[0]) + "\\fR"
            if each.kind == "option":
                text += f"\\ \\fI{roff.escape(each.value)}\\fR"
        text = f"[{text}]" if each.is_optional else text
        parts.append(text + ("..." if each.is_repeating else ""))
    return roff.section("synopsis") + [".ad l", ".nh"] + parts + [".hy", ".ad b"]


def options(command):
    if not command.arguments:
        return []
    lines = roff.section("options")
    for each in command.arguments:
        if each.kind == "positional":
            term = f"\\fI{roff.escape(each.value)}\\fR"
        else:
            term = ", ".join(f"\\fB{roff.escape(name)}\\fR" for name in each.names)
            if each.kind == "option":
                term += f" \\fI{roff.escape(each.value)}\\fR"
        lines += roff.item(term, each.abstract)
    return lines


def subcommands(command):
    if not command.subcommands:
        return []
    lines = roff.section("subcommands")
    for each in command.subcommands:
        lines += roff.item(f".BR {roff.escape(each.page)} (1)", each.abstract)
    return lines


def command_page(command, above, date, version, addition):
    """The page of one command. `addition` is text of its own, by title."""
    name = command.abstract[:1].lower() + command.abstract[1:]
    lines = roff.heading(command.page, 1, date, version, name) + synopsis(command)
    lines += roff.section("description") + roff.paragraphs(f"{command.abstract}\n\n{command.discussion}")
    lines += subcommands(command) + options(command)
    for title, text in addition:
        lines += roff.section(title) + roff.paragraphs(text)
    related = [(each.page, 1) for each in above] + [(each.page, 1) for each in command.subcommands]
    return "\n".join(lines + roff.see_also([*related, ("latchkey.conf", 5)])) + "\n"


def settings_page(serve, date, version, parts):
    """The page of the settings file: `parts` around the table of settings, which is the daemon's own."""
    lines = roff.heading("latchkey.conf", 5, date, version, "settings of the Latchkey daemon")
    for title, text in parts:
        lines += roff.section(title)
        if text.strip() == "@SETTINGS@":
            for each in serve.arguments:
                if each.setting:
                    lines += roff.item(f"\\fB{roff.escape(each.setting)}\\fR=\\fI{roff.escape(each.value)}\\fR", each.abstract)
        else:
            lines += roff.paragraphs(text)
    return "\n".join(lines + roff.see_also([("latchkey", 1), ("latchkey-serve", 1), ("systemd.socket", 5)])) + "\n"
