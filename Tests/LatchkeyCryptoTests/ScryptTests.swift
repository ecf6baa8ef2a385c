import LatchkeyCrypto
import Testing

@Suite struct `scrypt` {
    struct Case: Decodable { let name: String, passphrase: String, salt: String, logCost: Int, parallelism: Int, key: Hex }

    @Test(arguments: Fixture.cases("scrypt.json") as [Case]) func `derives the published keys`(_ row: Case) throws {
        let cost = try #require(Scrypt.Cost(logCost: row.logCost, blockSize: 8, parallelism: row.parallelism))
        let key = try Scrypt.derive(
            from: Secret(copying: Array(row.passphrase.utf8)), salt: Array(row.salt.utf8), cost: cost, count: row.key.bytes.count)
        #expect(key.copy == row.key.bytes)
    }

    @Test func `has no cost beyond its bounds`() {
        #expect(
            Scrypt.Cost(logCost: 10, blockSize: 8, parallelism: 1) != nil && Scrypt.Cost(logCost: 18, blockSize: 8, parallelism: 4) != nil)
        for (logCost, blockSize, parallelism) in [
            (9, 8, 1), (19, 8, 1), (63, 8, 1), (-1, 8, 1), (14, 7, 1), (14, 1 << 20, 1), (14, 8, 0), (14, 8, 5),
        ] {
            #expect(Scrypt.Cost(logCost: logCost, blockSize: blockSize, parallelism: parallelism) == nil)
        }
    }

    @Test func `refuses an empty passphrase`() {
        let cost = Scrypt.Cost(logCost: 10, blockSize: 8, parallelism: 1)!
        #expect(refusal { try Scrypt.derive(from: Secret(copying: []), salt: [1], cost: cost, count: 32) } == .invalidArgument)
    }
}
