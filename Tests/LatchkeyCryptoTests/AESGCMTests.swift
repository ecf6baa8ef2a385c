import LatchkeyCrypto
import Testing

@Suite struct `AES-GCM sealing` {
    struct Case: Decodable { let name: String, key: Hex, nonce: Hex, plaintext: Hex, associatedData: Hex, ciphertext: Hex, tag: Hex }

    static let key = Secret(copying: (0..<32).map { UInt8($0) })
    static let data = Array("install|signing-key|1".utf8)
    static let plaintext = Array("a private key".utf8)

    @Test(arguments: Fixture.cases("aes-256-gcm.json") as [Case]) func `opens the published vectors`(_ row: Case) throws {
        let sealed = row.nonce.bytes + row.ciphertext.bytes + row.tag.bytes
        let opened = try AESGCM.open(sealed, key: Secret(copying: row.key.bytes), associatedData: row.associatedData.bytes)
        #expect(opened.copy == row.plaintext.bytes)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 4096, 100_000]) func `opens what it sealed`(_ count: Int) throws {
        let plaintext = try Random.secret(count)
        for data in [[], Self.data] {
            let sealed = try AESGCM.seal(plaintext, key: Self.key, associatedData: data)
            #expect(sealed.count == count + AESGCM.overhead)
            #expect(try AESGCM.open(sealed, key: Self.key, associatedData: data).equals(plaintext))
        }
    }

    @Test func `draws a fresh nonce each time`() throws {
        let seals = try (0..<200).map { _ in try AESGCM.seal(Secret(copying: Self.plaintext), key: Self.key, associatedData: []) }
        #expect(Set(seals.map { $0.prefix(12) }).count == 200)
        #expect(Set(seals).count == 200)
    }

    @Test func `refuses a change of any bit`() throws {
        let sealed = try AESGCM.seal(Secret(copying: Self.plaintext), key: Self.key, associatedData: Self.data)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                #expect(refusal { try AESGCM.open(changed, key: Self.key, associatedData: Self.data) } == .authenticationFailed)
            }
        }
    }

    @Test func `refuses every shorter and a longer text`() throws {
        let sealed = try AESGCM.seal(Secret(copying: Self.plaintext), key: Self.key, associatedData: Self.data)
        for count in 0..<sealed.count {
            #expect(
                refusal { try AESGCM.open(Array(sealed.prefix(count)), key: Self.key, associatedData: Self.data) } == .authenticationFailed)
            #expect(
                refusal { try AESGCM.open(Array(sealed.suffix(count)), key: Self.key, associatedData: Self.data) } == .authenticationFailed)
        }
        #expect(refusal { try AESGCM.open(sealed + [0], key: Self.key, associatedData: Self.data) } == .authenticationFailed)
    }

    @Test func `refuses other associated data`() throws {
        let sealed = try AESGCM.seal(Secret(copying: Self.plaintext), key: Self.key, associatedData: Self.data)
        for data in [[], Self.data.dropLast(), Self.data + [0], Array("install|signing-key|2".utf8)] {
            #expect(refusal { try AESGCM.open(sealed, key: Self.key, associatedData: data) } == .authenticationFailed)
        }
    }

    @Test func `refuses another key, with the message of every other refusal`() throws {
        let sealed = try AESGCM.seal(Secret(copying: Self.plaintext), key: Self.key, associatedData: Self.data)
        func message(_ sealed: [UInt8], _ key: Secret) -> String? {
            do {
                _ = try AESGCM.open(sealed, key: key, associatedData: Self.data)
                return nil
            } catch {
                return error.description
            }
        }
        let wrongKey = message(sealed, try Random.secret(32))
        #expect(wrongKey != nil)
        #expect(wrongKey == message(Array(sealed.dropLast()), Self.key))
        #expect(wrongKey == message([], Self.key))
    }

    @Test(arguments: [0, 16, 24, 31, 33, 64]) func `refuses a key that has not 32 bytes`(_ count: Int) throws {
        let key = try Random.secret(count)
        #expect(refusal { try AESGCM.seal(Secret(copying: []), key: key, associatedData: []) } == .invalidArgument)
        #expect(refusal { try AESGCM.open([UInt8](repeating: 0, count: 28), key: key, associatedData: []) } == .invalidArgument)
    }
}
