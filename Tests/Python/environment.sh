# shellcheck shell=bash
# The Python that the tests of this directory run in. Sourced, after packaging/lib.sh.

# python_environment: an environment below .build with what requirements.txt says, made once. Sets `python`, the directory of its commands.
python_environment() {
    local venv=$root/.build/python wanted=$root/Tests/Python/requirements.txt
    if ! cmp -s "$wanted" "$venv/installed.txt"; then
        need_packages python3-venv
        rm -rf "$venv"
        /usr/bin/python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
        cp "$wanted" "$venv/installed.txt"
    fi
    python=$venv/bin
    readonly python
}
