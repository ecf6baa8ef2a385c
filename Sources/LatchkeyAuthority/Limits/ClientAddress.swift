import Glibc

/// A client's address as limits count it: an IPv4 address as it is, also when it is mapped into IPv6 (RFC 4291 §2.5.5.2), an IPv6 address
/// by its /64, because whoever has one address of that has them all.
package enum ClientAddress {
    package static func counted(_ address: String) -> String {
        var six = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &six) == 1 else { return address }
        return withUnsafeBytes(of: &six) { bytes -> String? in
            if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
                return bytes.suffix(4).map { String($0) }.joined(separator: ".")
            }
            return nil
        } ?? network(of: six)
    }

    /// The /64 that an address lies in, as RFC 5952 writes it.
    private static func network(of address: in6_addr) -> String {
        var address = address
        withUnsafeMutableBytes(of: &address) { bytes in for index in 8..<16 { bytes[index] = 0 } }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/64"
    }
}
