import Glibc

/// A client's address as limits count it: an IPv4 address as it is, also when it is mapped into IPv6 (RFC 4291 §2.5.5.2), an IPv6 address
/// by its /64, because whoever has one address of that has them all.
package enum ClientAddress {
    package static func counted(_ address: String) -> String {
        var six = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &six) == 1 else { return address }
        return withUnsafeBytes(of: &six) { bytes in
            if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
                return bytes.suffix(4).map { String($0) }.joined(separator: ".")
            }
            return bytes.prefix(8).map { byte in
                let text = String(byte, radix: 16)
                return text.utf8.count == 1 ? "0" + text : text
            }.joined() + "/64"
        }
    }
}
