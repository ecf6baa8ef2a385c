package import Glibc

/// Who may use the admin socket: root, the service's own user, and members of the admin group, by the groups that the kernel knows.
package struct PeerPolicy: Sendable {
    private let ownUser: uid_t
    private let adminGroup: gid_t?

    /// - Parameter adminGroup: `nil` when the site has no such group.
    package init(ownUser: uid_t, adminGroup: gid_t?) {
        self.ownUser = ownUser
        self.adminGroup = adminGroup
    }

    package func allows(_ peer: UnixPeer) -> Bool {
        if peer.uid == 0 || peer.uid == ownUser { return true }
        guard let adminGroup else { return false }
        return peer.gid == adminGroup || peer.groups.contains(adminGroup)
    }

    /// The number of a group; `nil` when the host does not have it.
    package static func group(named name: String) -> gid_t? {
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 65_536)
        let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        return code == 0 && found != nil ? entry.gr_gid : nil
    }
}
