/// A file's path in the bytes that the system knows it by: they need not be text.
struct RawPath {
    /// With a zero behind them.
    let bytes: [CChar]

    init(_ text: String) { bytes = Array(text.utf8CString) }

    private init(bytes: [CChar]) { self.bytes = bytes }

    /// - Parameter name: without a zero behind it.
    func appending(_ name: [CChar]) -> RawPath {
        let slash = CChar(UInt8(ascii: "/"))
        let parent = bytes.dropLast()
        return RawPath(bytes: Array(parent) + (parent.last == slash ? [] : [slash]) + name + [0])
    }

    /// As people see it.
    var text: String { String(decoding: bytes.dropLast().lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}
