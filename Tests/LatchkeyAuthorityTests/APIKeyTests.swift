@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("API keys")
struct APIKeyTests {
    @Test("have a secret of their form and a checksum over all before it")
    func form() async throws {
        let install = try Install()
        let minted = try await install.key(["relayfile:fs:read:*"])
        let bytes = Array(minted.secret.utf8)
        #expect(bytes.count == 52)
        #expect(minted.secret.hasPrefix("lk_"))
        #expect(bytes.dropFirst(3).allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) })
        #expect(minted.record.prefix == String(minted.secret.prefix(11)))
        let sum = CRC32.ieee(Array(bytes.prefix(46)))
        let digits = try Base62.encode([UInt8(sum >> 24), UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)], width: 6)
        #expect(Array(bytes.suffix(6)) == digits)
    }

    @Test("carry what was asked for, and owner, maker and root from the caller")
    func record() async throws {
        let install = try Install()
        let first = try await install.key(
            ["relayfile:fs:read:/docs/*", "relayfile:fs:read:/docs/*", "relayauth:api-key:manage"], name: "deploy", expiresIn: 3600)
        #expect(first.record.id.hasPrefix("ak_"))
        #expect(first.record.orgId == install.authority.firstOrganisation)
        #expect(first.record.name == "deploy")
        #expect(first.record.kind == .service)
        #expect(first.record.scopes == ["relayfile:fs:read:/docs/*", "relayauth:api-key:manage:*"])
        #expect(first.record.createdAt == ManualClock.start)
        #expect(first.record.createdBy == "admin-socket:uid=0")
        #expect(first.record.makerId == nil)
        #expect(first.record.rootId == first.record.id)
        #expect(first.record.expiresAt == ManualClock.start.adding(seconds: 3600))
        let second = try await install.key(["relayfile:fs:read:/docs/a"], by: install.caller(first))
        #expect(second.record.createdBy == "api-key:\(first.record.prefix)")
        #expect(second.record.makerId == first.record.id)
        #expect(second.record.rootId == first.record.id)
        #expect(second.record.orgId == first.record.orgId)
        let third = try await install.key(["relayauth:api-key:manage:*"], by: install.caller(first))
        let fourth = try await install.key(["relayauth:api-key:manage:*"], by: install.caller(third))
        #expect(fourth.record.rootId == first.record.id)
        #expect(fourth.record.makerId == third.record.id)
    }

    @Test("authenticate as the principal that the contract says")
    func principal() async throws {
        let install = try Install()
        let minted = try await install.key(["relayfile:fs:read:*"])
        let principal = try install.caller(minted).principal
        #expect(principal.subject == "api_key:\(minted.record.id)")
        #expect(principal.organisation == install.authority.firstOrganisation)
        #expect(principal.scopes.texts == ["relayfile:fs:read:*"])
        #expect(principal.label == "api-key:\(minted.record.prefix)")
        #expect(principal.rootId == minted.record.id)
        #expect(principal.identityId == nil)
    }

    @Test("that are unknown, malformed, expired or revoked all get one error")
    func oneError() async throws {
        let install = try Install()
        let good = try await install.key(["relayfile:fs:read:*"])
        let revoked = try await install.key(["relayfile:fs:read:*"])
        _ = try await install.authority.revokeAPIKey(revoked.record.id, reason: nil, by: install.admin)
        let expired = try await install.key(["relayfile:fs:read:*"], expiresIn: 60)
        install.clock.advance(seconds: 60)
        let stranger = try await Install().key(["relayfile:fs:read:*"])
        var swapped = Array(good.secret.utf8)
        swapped.swapAt(10, 11)
        if swapped[10] == swapped[11] { swapped[10] ^= 1 }
        let refused = [
            revoked.secret, expired.secret, stranger.secret, "", "lk_", "nonsense", good.secret + "0", String(good.secret.dropLast()),
            " " + good.secret,
            good.secret.uppercased(), String(decoding: swapped, as: UTF8.self), "lkr" + good.secret.dropFirst(2), good.secret + "\0",
            String(repeating: "x", count: 100_000), "lk_" + String(repeating: "é", count: 49),
        ]
        var messages: Set<String> = []
        for text in refused {
            let error = await refusal { try install.authority.authenticate(apiKey: text, origin: RequestOrigin()) }
            #expect(error?.code == .invalidAPIKey)
            #expect(error?.details.isEmpty == true)
            if let error { messages.insert(error.message) }
        }
        #expect(messages.count == 1)
        #expect(try install.caller(good).principal.scopes.texts == ["relayfile:fs:read:*"])
    }

    @Test("expire at their moment, not a millisecond sooner or later")
    func expiry() async throws {
        let install = try Install()
        let key = try await install.key(["relayfile:fs:read:*"], expiresIn: 60)
        install.clock.advance(milliseconds: 59_999)
        #expect(throws: Never.self) { try install.caller(key) }
        install.clock.advance(milliseconds: 1)
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(key) }
    }

    @Test("must expire in the future", arguments: [0, -1, -3_600_000] as [Int64])
    func past(_ milliseconds: Int64) async throws {
        let install = try Install()
        let request = APIKeyRequest(name: "k", scopes: ["*"], expiresAt: ManualClock.start.adding(milliseconds: milliseconds))
        let error = await refusal { try await install.authority.mintAPIKey(request, by: install.admin) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.text("field") == "expiresAt")
    }

    @Test("need a name of 1 to 100 scalars that can be seen")
    func names() async throws {
        let install = try Install()
        #expect(
            try await install.key(["*"], name: String(repeating: "e\u{301}", count: 100)).record.name
                == String(repeating: "\u{e9}", count: 100))
        for name in ["", String(repeating: "x", count: 101), "a\u{200b}b", "a\u{202e}b", "a\nb"] {
            let error = await refusal { try await install.key(["*"], name: name) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.text("field") == "name")
        }
        let kept = try await install.key(["*"], name: "cafe\u{301}").record
        #expect(kept.name.unicodeScalars.count == 4)
        #expect(try install.authority.apiKey(kept.id, by: install.admin).record.name.unicodeScalars.count == 4)
    }

    @Test("need 1 to 100 scopes of the grammar")
    func scopes() async throws {
        let install = try Install()
        let none = await refusal { try await install.key([]) }
        #expect(none?.code == .invalidRequest)
        #expect(none?.text("field") == "scopes")
        let many = (0..<101).map { "relayfile:fs:read:/\($0)" }
        #expect(await refusal { try await install.key(many) }?.text("field") == "scopes")
        #expect(try await install.key(Array(many.dropLast())).record.scopes.count == 100)
        let bad = await refusal { try await install.key(["relayfile:fs:read:*", "relayfile:fs:raed"]) }
        #expect(bad?.code == .invalidScope)
        #expect(bad?.text("scope") == "relayfile:fs:raed")
        #expect(bad?.text("reason") != nil)
        #expect(bad?.message.contains("did you mean") == true)
    }

    @Test(
        "hold no more than their maker does",
        arguments: [
            (["relayfile:fs:read:/docs/*"], "relayfile:fs:read:/docs/a", true),
            (["relayfile:fs:read:/docs/*"], "relayfile:fs:read:*", false),
            (["relayfile:fs:read:/docs/*"], "relayfile:fs:write:/docs/a", false),
            (["relayauth:api-key:manage:*"], "relayauth:api-key:read:*", true),
            (["relayauth:api-key:manage:*"], "*:*:*:*", false), (["relayauth:api-key:manage:*"], "*", false),
            (["relayauth:*:*:*"], "relayauth:token:create:*", true),
            (["relayauth:*:*:*"], "*:token:create:*", false), (["relayfile:fs:read:*", "relayfile:fs:write:*"], "relayfile:fs:*:*", false),
        ])
    func subset(_ held: [String], _ asked: String, _ isAllowed: Bool) async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(held))
        let before = try install.counts()
        let error = await refusal { try await install.key([held[0], asked], by: caller) }
        guard !isAllowed else {
            #expect(error == nil)
            return
        }
        #expect(error?.code == .scopeEscalation)
        #expect(error?.text("scope") == (asked == "*" ? "*:*:*:*" : asked))
        #expect(error?.text("required") == error?.text("scope"))
        #expect(error?.list("actual") == held)
        #expect(try install.counts() == before)
    }

    @Test("belong to the caller's organisation; naming another is a mismatch, after the form was found good")
    func organisation() async throws {
        let install = try Install()
        let admin = try install.admin
        let other = try await install.otherOrganisation()
        var request = APIKeyRequest(name: "k", scopes: ["*"])
        let named = Caller(admin.principal, admin.origin, named: other.principal.organisation)
        #expect(await refusal { try await install.authority.mintAPIKey(request, by: named) }?.code == .organisationMismatch)
        request.name = ""
        #expect(await refusal { try await install.authority.mintAPIKey(request, by: named) }?.code == .invalidRequest)
        request.name = "k"
        let own = Caller(admin.principal, admin.origin, named: admin.principal.organisation)
        #expect(await refusal { try await install.authority.mintAPIKey(request, by: own) } == nil)
        #expect(await refusal { try install.authority.apiKeys(PageRequest(limit: 1), by: named) }?.code == .organisationMismatch)
    }

    @Test("of another organisation are not found, shown, listed or revoked")
    func otherOrganisation() async throws {
        let install = try Install()
        let mine = try await install.key(["*"])
        let other = try await install.otherOrganisation()
        let theirs = try await install.key(["*"], by: other)
        #expect(theirs.record.orgId == other.principal.organisation)
        for id in [
            mine.record.id, "ak_00000000000000000000000000", "", "ak_", "agent_00000000000000000000000000",
            String(repeating: "a", count: 600),
        ] {
            #expect(await refusal { try install.authority.apiKey(id, by: other) }?.code == .apiKeyNotFound)
            #expect(await refusal { try await install.authority.revokeAPIKey(id, reason: nil, by: other) }?.code == .apiKeyNotFound)
        }
        #expect(try install.authority.apiKeys(PageRequest(limit: 100), by: other).elements.map(\.record.id) == [theirs.record.id])
        #expect(try install.authority.apiKeys(PageRequest(limit: 100), by: install.admin).elements.map(\.record.id) == [mine.record.id])
        #expect(throws: Never.self) { try install.caller(mine) }
    }

    @Test("are listed newest first, each once across pages, revoked ones too")
    func paging() async throws {
        let install = try Install()
        var ids: [String] = []
        for number in 0..<250 {
            if number % 7 == 0 { install.clock.advance(milliseconds: 1) }
            ids.append(try await install.key(["*"], name: "k\(number)").record.id)
        }
        _ = try await install.authority.revokeAPIKey(ids[3], reason: nil, by: install.admin)
        _ = try await install.key(["*"], by: install.otherOrganisation())
        for limit in [1, 49, 50, 100, 125] {
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try install.authority.apiKeys(
                    PageRequest(limit: String(limit), cursor: cursor, kind: .apiKey), by: install.admin)
                #expect(page.limit == min(limit, 100))
                #expect(page.elements.count <= page.limit)
                seen += page.elements.map(\.record.id)
                cursor = page.cursor
            } while cursor != nil
            #expect(seen == ids.reversed())
        }
        #expect(try install.authority.apiKeys(PageRequest(limit: nil, cursor: nil, kind: .apiKey), by: install.admin).elements.count == 50)
    }

    @Test("have no cursor on a page that is exactly full and the last")
    func lastPage() async throws {
        let install = try Install()
        #expect(try install.authority.apiKeys(PageRequest(limit: 3), by: install.admin).cursor == nil)
        for _ in 0..<3 { _ = try await install.key(["*"]) }
        #expect(try install.authority.apiKeys(PageRequest(limit: 3), by: install.admin).cursor == nil)
        #expect(try install.authority.apiKeys(PageRequest(limit: 2), by: install.admin).cursor != nil)
    }

    @Test("show when they were last used, written behind and at most once a minute")
    func lastUse() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        func lastUse() throws -> Timestamp? { try install.authority.apiKey(key.record.id, by: install.admin).lastUsedAt }
        _ = try install.caller(key)
        #expect(try lastUse() == nil)
        await install.authority.upkeep()
        #expect(try lastUse() == ManualClock.start)
        install.clock.advance(seconds: 59)
        _ = try install.caller(key)
        let batches = install.store.statistics.batches
        await install.authority.upkeep()
        #expect(install.store.statistics.batches == batches)
        #expect(try lastUse() == ManualClock.start)
        install.clock.advance(seconds: 1)
        _ = try install.caller(key)
        await install.authority.upkeep()
        #expect(try lastUse() == ManualClock.start.adding(seconds: 60))
        #expect(
            try install.authority.apiKeys(PageRequest(limit: 1), by: install.admin).elements.first?.lastUsedAt
                == ManualClock.start.adding(seconds: 60))
    }

    @Test("have every last use written when the authority closes, however many wait")
    func lastUsesAtClose() async throws {
        let install = try Install()
        var keys: [Minted] = []
        for _ in 0..<300 { keys.append(try await install.key(["*"])) }
        for key in keys { _ = try install.caller(key) }
        let again = try await install.restarted()
        #expect(try again.counts()["api-key-uses"] == 300)
    }

    @Test("that failed to authenticate were not used")
    func noUse() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(key) }
        await install.authority.upkeep()
        #expect(try install.authority.apiKey(key.record.id, by: install.admin).lastUsedAt == nil)
    }
}
