import LatchkeyAuthority

extension About {
    /// How every part of the install is, the certificate among them.
    func services(_ authority: Authority) -> [ServiceHealth] { authority.services + (certificate.map { [$0.health] } ?? []) }
}

extension Call {
    /// How every part of the install is.
    var services: [ServiceHealth] { about.services(authority) }
}
