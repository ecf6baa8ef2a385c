"""Manual pages in the man(7) macros."""


def escape(text):
    """Text as it is to be seen: no escape, no typographic dash or quote, no request at the beginning of a line."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return "\n".join("\\&" + line if line.startswith(".") else line for line in text.split("\n"))


def heading(page, section, date, version, name):
    """The beginning of a page; `name` is one line."""
    return [
        f'.TH {escape(page).upper()} {section} {date} "Latchkey {version}" "Latchkey"',
        ".SH NAME",
        f"{escape(page)} \\- {escape(name.rstrip('.'))}",
    ]


def section(title):
    return [f'.SH "{escape(title.upper())}"']


def paragraphs(text):
    """Blocks between empty lines. Lines with two spaces before them, and commands, are shown as they are."""
    lines = []
    for block in text.strip("\n").split("\n\n"):
        rows = block.split("\n")
        # A heading begins a paragraph by itself.
        if lines:
            lines.append(".PP")
        if all(row.startswith("  ") or row.startswith("latchkey ") for row in rows):
            lines += [".RS 4", ".nf"] + [escape(row.strip()) for row in rows] + [".fi", ".RE"]
        else:
            lines += [escape(row) for row in rows]
    return lines


def item(term, text):
    return [".TP", term, escape(text)]


def see_also(pages):
    """`pages` are pairs of a name and a section; the last one gets no comma."""
    entries = [f".BR {escape(name)} ({number})" for name, number in pages]
    return section("see also") + [entry + " ," for entry in entries[:-1]] + entries[-1:]
