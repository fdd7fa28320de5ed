#!/bin/sh
# Puts Atelier into this user's applications menu, or takes it away with --remove.
# Writes below $XDG_DATA_HOME (~/.local/share) only; projects, models and settings are not touched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
entry=$data/applications/atelier.desktop
icon=$data/icons/hicolor/scalable/apps/atelier.svg
type=$data/mime/packages/atelier.xml
program=$checkout/.venv/bin/atelier-studio

refresh() {
    # Desktops notice by themselves sooner or later; these tools make it now, where they exist.
    command -v update-desktop-database >/dev/null && update-desktop-database "$data/applications" || true
    command -v update-mime-database >/dev/null && update-mime-database "$data/mime" || true
}

case "${1:-}" in
--remove)
    rm -f "$entry" "$icon" "$type"
    refresh
    echo "Atelier is no longer in the applications menu."
    exit 0
    ;;
"") ;;
*)
    echo "usage: install.sh [--remove]" >&2
    exit 2
    ;;
esac

if [ ! -x "$program" ]; then
    echo "install.sh: $program is missing; run 'uv sync' in $checkout first." >&2
    exit 1
fi
mkdir -p "$(dirname "$entry")" "$(dirname "$icon")" "$(dirname "$type")"
cp "$checkout/resources/icons/atelier.svg" "$icon"
cp "$here/atelier-mime.xml" "$type"
# In Exec, a path is quoted and " ` $ \ in it are escaped (Desktop Entry Specification); sed's own
# special characters are escaped after that.
quoted=$(printf '%s' "$program" | sed 's/["`$\\]/\\&/g; s/\\/\\\\/g' | sed 's/[&|\\]/\\&/g')
sed "s|@PROGRAM@|$quoted|" "$here/atelier.desktop.in" >"$entry"
refresh
echo "Atelier is in the applications menu."
