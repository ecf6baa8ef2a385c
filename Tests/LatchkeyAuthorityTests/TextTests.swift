@testable import LatchkeyAuthority
import Testing

@Suite("Text that people will see")
struct TextTests {
    private func refused(_ text: String, _ scalars: ClosedRange<Int> = 1...100) -> AuthorityError? {
        do {
            _ = try DisplayText.normalised(text, field: "name", scalars: scalars)
            return nil
        } catch {
            return error
        }
    }

    @Test("is kept in normal form C")
    func normalForm() throws {
        let composed = try DisplayText.normalised("cafe\u{301} \u{1112}\u{1161}\u{11ab} \u{212b}", field: "name", scalars: 1...100)
        #expect(composed.unicodeScalars.map(\.value) == [0x63, 0x61, 0x66, 0xE9, 0x20, 0xD55C, 0x20, 0xC5])
    }

    @Test("has its scalars counted in normal form C")
    func counted() throws {
        #expect(refused(String(repeating: "x", count: 100)) == nil)
        #expect(refused(String(repeating: "x", count: 101))?.code == .invalidRequest)
        #expect(refused(String(repeating: "e\u{301}", count: 100)) == nil)
        #expect(refused(String(repeating: "e\u{301}", count: 101))?.code == .invalidRequest)
        #expect(refused(String(repeating: "😀", count: 100)) == nil)
        #expect(refused(String(repeating: "😀", count: 101))?.code == .invalidRequest)
        // one that grows: U+FB2C becomes three scalars
        #expect(refused(String(repeating: "\u{FB2C}", count: 33)) == nil)
        #expect(refused(String(repeating: "\u{FB2C}", count: 34))?.code == .invalidRequest)
        // four scalars that become one
        #expect(refused(String(repeating: "\u{3b1}\u{313}\u{300}\u{345}", count: 100)) == nil)
        #expect(refused("")?.code == .invalidRequest)
        #expect(refused("", 0...100) == nil)
    }

    @Test(
        "is refused when it holds what can't be seen or changes how text is shown",
        arguments: [
            0x00, 0x07, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0xAD, 0x061C, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028,
            0x2029, 0x202A, 0x202B,
            0x202C, 0x202D, 0x202E, 0x2060, 0x2061, 0x2066, 0x2067, 0x2068, 0x2069, 0x3164, 0x115F, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFE,
            0xFDD0, 0xE0001, 0xE0041,
            0xE0100, 0x1FFFF, 0x10FFFF,
        ] as [UInt32])
    func invisible(_ value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        for text in ["a\(scalar)b", "\(scalar)a", "a\(scalar)"] {
            let error = refused(text)
            #expect(error?.code == .invalidRequest)
            #expect(error?.text("field") == "name")
            #expect(error?.message.unicodeScalars.contains(scalar) == false)
        }
    }

    @Test("may be of any script", arguments: ["Gerät 7", "机器人", "робот", "روبوت", "नमस्ते", "a b", "x<y>&\"'", "😀", "e\u{323}\u{301}"])
    func scripts(_ text: String) {
        #expect(refused(text) == nil)
    }

    @Test("costs nothing when it is far too long")
    func long() {
        #expect(refused(String(repeating: "a\u{301}\u{302}", count: 1_000_000))?.code == .invalidRequest)
    }
}
