import LatchkeyAuthority
import LatchkeyVerifier

/// Lists as the contract shapes them.
extension JSONWriter {
    /// `{"data": […], "pagination": {"cursor", "hasMore", "limit"}}`.
    mutating func list<Element>(_ page: Page<Element>, _ write: (inout JSONWriter, Element) -> Void) {
        object { writer in
            writer.key("data")
            writer.array { writer in for element in page.elements { write(&writer, element) } }
            writer.key("pagination")
            writer.object { writer in
                writer.key("cursor")
                if let cursor = page.cursor { writer.string(cursor) } else { writer.null() }
                writer.member("hasMore", page.cursor != nil)
                writer.member("limit", Int64(page.limit))
            }
        }
    }

    /// `{"data": […], "cursor"?}`.
    mutating func plainList<Element>(_ page: Page<Element>, _ write: (inout JSONWriter, Element) -> Void) {
        object { writer in
            writer.key("data")
            writer.array { writer in for element in page.elements { write(&writer, element) } }
            writer.member("cursor", ifPresent: page.cursor)
        }
    }
}

extension Schema {
    static func list(of element: Schema) -> Schema {
        let pagination = Schema.object(
            "Pagination",
            [
                .required("cursor", .cursor.nullable.sampled(.null).noted("Where the next page begins; null on the last")),
                .required("hasMore", .boolean), .required("limit", .integer(1...100).sampled(50)),
            ])
        return .object([.required("data", .array(of: element)), .required("pagination", pagination)])
    }

    static func plainList(of element: Schema) -> Schema {
        .object([
            .required("data", .array(of: element)),
            .optional("cursor", .cursor.noted("Where the next page begins; absent on the last")),
        ])
    }
}
