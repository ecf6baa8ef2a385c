@testable import LatchkeyAuthority
import Testing

@Suite("A page request")
struct PageRequestTests {
    @Test(
        "clamps its limit to 1 to 100, and is 50 without one",
        arguments: [
            (nil, 50), ("1", 1), ("100", 100), ("0", 1), ("-5", 1), ("101", 100), ("1e9", 100), ("99999999999999999999999", 100),
        ] as [(String?, Int)])
    func limit(_ text: String?, _ limit: Int) throws {
        #expect(try PageRequest(limit: text, cursor: nil, kind: .apiKey).limit == limit)
    }

    @Test("refuses a limit that is no whole number", arguments: ["", "x", "1.5", "nan", "inf", "1 ", "5abc"])
    func noNumber(_ text: String) async {
        #expect(await refusal { try PageRequest(limit: text, cursor: nil, kind: .apiKey) }?.text("field") == "limit")
    }

    @Test(
        "refuses a cursor that no list has given out",
        arguments: [
            "", "x", "!!!", "YWtfMDA", "YWdlbnRfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA", "YWtfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
            "YWtfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
        ])
    func cursor(_ text: String) async {
        let error = await refusal { try PageRequest(limit: nil, cursor: text, kind: .apiKey) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.text("field") == "cursor")
    }
}
