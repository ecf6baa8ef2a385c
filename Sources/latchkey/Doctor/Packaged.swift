/// Where the Debian package has things.
enum Packaged {
    static let stateDirectory = "/var/lib/latchkey"
    static let settingsFile = "/etc/latchkey/latchkey.conf"
    static let user = "latchkey"
}
