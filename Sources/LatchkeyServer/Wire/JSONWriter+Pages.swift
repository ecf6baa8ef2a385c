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
