/// A JSON number. One that no `Double` can hold (`1e400`) is a member out of range here; the decoder by itself would call the whole body no JSON.
struct WireNumber: Decodable, Sendable {
    let value: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            value = try container.decode(Double.self)
        } catch let error as DecodingError {
            throw error
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "the number is out of range")
        }
    }
}
