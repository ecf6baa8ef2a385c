package import LatchkeyScopes
package import NIOCore
import LatchkeyCrypto

/// The documents that are made once, at the start.
package struct Published: Sendable {
    package struct Document: Sendable {
        package let bytes: ByteBuffer
        /// A strong validator of the bytes (RFC 9110 §8.8.3), with its quotes.
        package let tag: String

        init(_ json: JSONNode) {
            let text = json.bytes
            bytes = ByteBuffer(bytes: text)
            tag = "\"\(Base64URL.encode(Array(SHA256.hash(text).prefix(12))))\""
        }
    }

    private let network: Document
    private let adminSocket: Document

    package init(table: RouteTable, version: String, planes: Planes) {
        network = Document(OpenAPIDocument(table: table, surface: .network, version: version, planes: planes).json)
        adminSocket = Document(OpenAPIDocument(table: table, surface: .adminSocket, version: version, planes: planes).json)
    }

    /// The OpenAPI document of what a door serves.
    package func openAPI(_ surface: Surface) -> Document {
        switch surface {
        case .network: network
        case .adminSocket: adminSocket
        }
    }
}
