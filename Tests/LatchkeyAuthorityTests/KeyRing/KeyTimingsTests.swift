@testable import LatchkeyAuthority
import LatchkeyScopes
import Testing

@Suite("The key ring's timings")
struct KeyTimingsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What the sentence must hold: the setting's name and the numbers of its sum. Empty when no rule is broken.
        let told: [String]
        let change: @Sendable (inout KeyTimings) -> Void

        init(_ name: String, _ told: [String] = [], _ change: @escaping @Sendable (inout KeyTimings) -> Void) {
            (testDescription, self.told, self.change) = (name, told, change)
        }

        static let all = [
            Row("the defaults") { _ in },
            Row("a grace of exactly the longest token and the skew") { $0.graceAfterUse = $0.longestToken + 60 },
            Row("a grace of a second less", ["grace-after-use is 86459 s", "max-access-token-ttl 86400 s + 60 s", "86460 s"]) {
                $0.graceAfterUse = $0.longestToken + 59
            },
            Row("a grace that was enough for shorter tokens", ["grace-after-use is 4000 s", "3941 s + 60 s", "= 4001 s"]) {
                ($0.longestToken, $0.graceAfterUse) = (3941, 4000)
            },
            Row("a standby as short as the JWKS is cached") { $0.shortestStandby = $0.jwksMaxAge },
            Row("a standby a second shorter", ["shortest-standby is 3599 s", "jwks-max-age 3600 s"]) { $0.shortestStandby = 3599 },
            Row("a JWKS that is cached for longer than a standby stands", ["shortest-standby is 86400 s", "jwks-max-age 86401 s"]) {
                $0.jwksMaxAge = 86_401
            },
            Row("a rotation as soon as the standby is ready") {
                ($0.rotation, $0.maxBundleLife) = (86_400, 86_400)
            },
            Row("a rotation before the standby is ready", ["rotation-period is 86399 s", "shortest-standby 86400 s"]) {
                ($0.rotation, $0.maxBundleLife) = (86_399, 86_399)
            },
            Row("bundles that live for a whole rotation") { $0.maxBundleLife = $0.rotation },
            Row("bundles that live a second longer", ["max-bundle-life is 7776001 s", "rotation-period 7776000 s"]) {
                $0.maxBundleLife = $0.rotation + 1
            },
            Row("as many keys in grace as the JWKS has room for") {
                ($0.rotation, $0.shortestStandby, $0.maxBundleLife, $0.graceAfterUse) = (86_400, 86_400, 86_400, 29 * 86_400)
            },
            Row("one key more", ["rotation-period is 86400 s", "grace-after-use 2592000 s", "= 33 keys", "more than 32"]) {
                ($0.rotation, $0.shortestStandby, $0.maxBundleLife, $0.graceAfterUse) = (86_400, 86_400, 86_400, 30 * 86_400)
            },
        ]
    }

    @Test("are refused when they break a rule, with the sum spelled out", arguments: Row.all)
    func rule(_ row: Row) {
        var timings = KeyTimings()
        row.change(&timings)
        let problem = timings.problem
        #expect((problem == nil) == row.told.isEmpty)
        for part in row.told { #expect(problem?.contains(part) == true, "\(problem ?? "") lacks: \(part)") }
    }

    @Test("come from the settings, each from its own")
    func fromSettings() {
        var settings = AuthoritySettings(issuer: "https://keys.example", planes: .builtIn)
        (settings.rotationPeriod, settings.shortestStandby, settings.graceAfterUse) = (1, 2, 3)
        (settings.jwksMaxAge, settings.maxBundleLife, settings.maxAccessTokenTTL) = (4, 5, 6)
        let timings = settings.timings
        #expect([timings.rotation, timings.shortestStandby, timings.graceAfterUse] == [1, 2, 3])
        #expect([timings.jwksMaxAge, timings.maxBundleLife, timings.longestToken] == [4, 5, 6])
    }
}
