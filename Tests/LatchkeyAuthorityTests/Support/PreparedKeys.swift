import FoundationEssentials
import LatchkeyCrypto
import Synchronization

/// Signing keys of 2048 bits in any number, each another one, without the time that making them takes: of the primes in
/// `fixtures/crypto/rsa2048-pairs.json` any two are a key.
final class PreparedKeys: Sendable {
    struct NoMore: Error {}

    private struct File: Decodable {
        let primes: [String]
        let inverses: [String]
    }

    private static let file: (primes: [Natural], inverses: [Natural]) = {
        do {
            let file = try JSONDecoder().decode(File.self, from: Fixture.data("crypto/rsa2048-pairs.json"))
            return (file.primes.map { Natural(Base64URL.decode($0)!) }, file.inverses.map { Natural(Base64URL.decode($0)!) })
        } catch {
            fatalError("fixtures/crypto/rsa2048-pairs.json can't be read: \(error)")
        }
    }()

    private let used = Mutex(0)
    private let failing = Mutex(false)

    /// How many there are still.
    var left: Int { Self.file.inverses.count - used.withLock { $0 } }

    /// Whether none can be made.
    var isFailing: Bool {
        get { failing.withLock { $0 } }
        set { failing.withLock { $0 = newValue } }
    }

    /// For ``AuthoritySeams/makeKey``.
    var maker: @Sendable (Int) throws -> RSAPrivateKey {
        { [self] _ in
            guard !isFailing else { throw NoMore() }
            return try next()
        }
    }

    func next() throws -> RSAPrivateKey {
        let number = used.withLock { used in
            used += 1
            return used - 1
        }
        guard number < Self.file.inverses.count else { throw NoMore() }
        var later = 1
        while later * (later + 1) / 2 <= number { later += 1 }
        let earlier = number - later * (later - 1) / 2
        return try Self.key(Self.file.primes[later], Self.file.primes[earlier], Self.file.inverses[number])
    }

    /// RFC 8017 A.1.2 in the wrapping of RFC 5958.
    private static func key(_ p: Natural, _ q: Natural, _ inverse: Natural) throws -> RSAPrivateKey {
        let exponent: UInt32 = 65_537
        let n = p * q
        let (p1, q1) = (p - Natural(1), q - Natural(1))
        let integers = [
            Natural(0), n, Natural(exponent), (p1 * q1).inverse(of: exponent), p, q, p1.inverse(of: exponent), q1.inverse(of: exponent),
            inverse,
        ]
        let key = DER.sequence(integers.flatMap { DER.integer($0.bytes) })
        let rsaEncryption: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
        let info = DER.sequence(DER.integer([0]) + DER.sequence(rsaEncryption) + DER.element(0x04, key))
        return try RSAPrivateKey(pkcs8: Secret(copying: info), validation: .pairwise)
    }
}

/// As little of DER as a private key needs.
private enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 0x80 { return [tag, UInt8(count)] + content }
        if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
        return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
    }

    static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    static func integer(_ bytes: [UInt8]) -> [UInt8] { element(0x02, bytes.first.map { $0 >= 0x80 } ?? true ? [0] + bytes : bytes) }
}

/// A whole number, as large as it has to be.
private struct Natural: Sendable {
    /// The least significant first.
    private var limbs: [UInt32]

    private init(limbs: [UInt32]) {
        self.limbs = limbs
        while self.limbs.last == 0 { self.limbs.removeLast() }
    }

    init(_ value: UInt32) { self.init(limbs: [value]) }

    /// Big-endian, as keys are written.
    init(_ bytes: [UInt8]) {
        var limbs = [UInt32](repeating: 0, count: (bytes.count + 3) / 4)
        for (place, byte) in bytes.reversed().enumerated() { limbs[place / 4] |= UInt32(byte) << UInt32(place % 4 * 8) }
        self.init(limbs: limbs)
    }

    var bytes: [UInt8] {
        let all = limbs.reversed().flatMap { limb in (0..<4).map { UInt8(truncatingIfNeeded: limb >> UInt32(24 - 8 * $0)) } }
        return Array(all.drop { $0 == 0 })
    }

    static func * (a: Natural, b: Natural) -> Natural {
        var product = [UInt32](repeating: 0, count: a.limbs.count + b.limbs.count)
        for (i, x) in a.limbs.enumerated() {
            var carry: UInt64 = 0
            for (j, y) in b.limbs.enumerated() {
                let sum = UInt64(x) * UInt64(y) + UInt64(product[i + j]) + carry
                product[i + j] = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
            product[i + b.limbs.count] = UInt32(carry)
        }
        return Natural(limbs: product)
    }

    /// - Precondition: `b` is not greater.
    static func - (a: Natural, b: Natural) -> Natural {
        var difference = a.limbs
        var borrow: Int64 = 0
        for place in difference.indices {
            let value = Int64(difference[place]) - (place < b.limbs.count ? Int64(b.limbs[place]) : 0) - borrow
            borrow = value < 0 ? 1 : 0
            difference[place] = UInt32(truncatingIfNeeded: value)
        }
        return Natural(limbs: difference)
    }

    private func divided(by divisor: UInt32) -> (quotient: Natural, remainder: UInt32) {
        var quotient = limbs
        var rest: UInt64 = 0
        for place in quotient.indices.reversed() {
            let value = rest << 32 | UInt64(quotient[place])
            quotient[place] = UInt32(value / UInt64(divisor))
            rest = value % UInt64(divisor)
        }
        return (Natural(limbs: quotient), UInt32(rest))
    }

    /// The number that `exponent`, a prime, times it is 1 modulo this one.
    func inverse(of exponent: UInt32) -> Natural {
        let rest = UInt64(divided(by: exponent).remainder)
        // The factor k with k · self ≡ -1 (mod exponent), by Fermat: then exponent divides k · self + 1.
        var (power, base, left) = (UInt64(1), rest, UInt64(exponent) - 2)
        while left > 0 {
            if left & 1 == 1 { power = power * base % UInt64(exponent) }
            base = base * base % UInt64(exponent)
            left >>= 1
        }
        let factor = UInt64(exponent) - power
        var product = (self * Natural(UInt32(factor))).limbs
        var place = 0
        while true {
            if place == product.count { product.append(0) }
            product[place] &+= 1
            if product[place] != 0 { break }
            place += 1
        }
        return Natural(limbs: product).divided(by: exponent).quotient
    }
}
