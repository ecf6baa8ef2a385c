import LatchkeyCrypto
import Testing

@Suite struct `Hashes and derived keys` {
    struct HashCase: Decodable { let name: String, message: Hex, hash: Hex }

    @Test(arguments: Fixture.cases("sha-256.json") as [HashCase]) func `SHA-256 gives the published hash`(_ row: HashCase) {
        #expect(SHA256.hash(row.message.bytes) == row.hash.bytes)
        #expect(SHA256.hash(row.message.bytes.span) == row.hash.bytes)
        #expect(SHA256.hash(Secret(copying: row.message.bytes)) == row.hash.bytes)
    }

    struct CodeCase: Decodable { let name: String, key: Hex, message: Hex, code: Hex }

    @Test(arguments: Fixture.cases("hmac-sha256.json") as [CodeCase]) func `HMAC gives the published code`(_ row: CodeCase) {
        #expect(HMACSHA256.code(row.message.bytes, key: Secret(copying: row.key.bytes)) == row.code.bytes)
    }

    @Test func `HMAC takes an empty key and an empty message`() {
        let code = HMACSHA256.code([], key: Secret(copying: []))
        #expect(code.prefix(4) == [0xB6, 0x13, 0x67, 0x9A])
        #expect(code == HMACSHA256.code([], key: Secret(copying: [0])))
    }

    struct DerivationCase: Decodable { let name: String, secret: Hex, salt: Hex, info: Hex, output: Hex }

    @Test(arguments: Fixture.cases("hkdf-sha256.json") as [DerivationCase]) func `HKDF gives the published output`(_ row: DerivationCase)
        throws
    {
        let output = try HKDFSHA256.derive(
            from: Secret(copying: row.secret.bytes), salt: row.salt.bytes, info: row.info.bytes, count: row.output.bytes.count)
        #expect(output.copy == row.output.bytes)
    }

    @Test(arguments: [0, -1, 8161, Int.max]) func `HKDF refuses a count that it can't give`(_ count: Int) {
        #expect(refusal { try HKDFSHA256.derive(from: Secret(copying: [1]), salt: [], info: [], count: count) } == .invalidArgument)
    }

    @Test func `HKDF gives its greatest count and refuses an empty secret`() throws {
        #expect(try HKDFSHA256.derive(from: Secret(copying: [1]), salt: [], info: [], count: 8160).count == 8160)
        #expect(refusal { try HKDFSHA256.derive(from: Secret(copying: []), salt: [1], info: [], count: 32) } == .invalidArgument)
    }

    @Test func `Constant-time comparison is equality`() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([0, 2, 3], [1, 2, 3]))
    }

    @Test func `Threads hash and authenticate at once`() async {
        let message = Array("message".utf8)
        let key = Secret(copying: [1, 2, 3])
        let hash = SHA256.hash(message)
        let code = HMACSHA256.code(message, key: key)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    (0..<200).allSatisfy { _ in SHA256.hash(message) == hash && HMACSHA256.code(message, key: key) == code }
                }
            }
            for await good in group { #expect(good) }
        }
    }
}
