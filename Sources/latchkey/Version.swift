/// Which Latchkey this is, as `--version`, `/health` and the store's header say it.
enum Version {
    static let current = "0.1.0"
}
