@testable import LatchkeyAuthority
import Testing

@Suite("A client's address as limits count it")
struct ClientAddressTests {
    @Test(
        "is itself for IPv4 and the /64 for IPv6",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2:ffff::", "2001:db8:1:2::/64"), ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("::1", "::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("no address", "no address"), ("", ""),
        ])
    func counted(_ address: String, _ expected: String) {
        #expect(ClientAddress.counted(address) == expected)
    }
}
