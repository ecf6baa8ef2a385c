/// Where the Debian package has things.
enum Packaged {
    static let stateDirectory = "/var/lib/latchkey"
    static let settingsFile = "/etc/latchkey/latchkey.conf"
    static let user = "latchkey"
    /// Stops the daemon, and the sockets that would start it again for the next client. Its start brings them back.
    static let stop = "systemctl stop latchkey.socket latchkey-admin.socket latchkey"
    static let start = "systemctl start latchkey"
    /// Where its service manager finds a master key that is kept away from the store.
    static let credential = "/etc/credstore/latchkey-master-key"
}
