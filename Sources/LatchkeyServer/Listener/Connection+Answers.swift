import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

extension Connection {
    /// A request's whole way, in a task of its own that runs on the event loop.
    func serve(_ request: Request, number: Int) async {
        let service = self.service
        let response = await service.responder.respond(to: request, peer: self.peer, channel: self.channel, logger: service.logger)
        let writer = AnswerWriter(connection: self, number: number)
        do {
            if try await writer.begin(response) { try await response.body.write(writer) }
        } catch {
            service.logger.debug("an answer was not written to its end", metadata: ["error": "\(error)"])
        }
        await writer.ended()
    }

    /// Keeps the head until the first bytes of the body or its end.
    /// - Returns: whether the body is wanted.
    func begin(_ response: Response, number: Int) -> Bool {
        guard self.isServing(number), let exchange = self.exchange else { return false }
        if let status = exchange.broken {
            self.refuse(status)
            return false
        }
        var headers = HTTPHeaders()
        headers.reserveCapacity(response.headers.count + 2)
        for field in response.headers {
            if field.name == .connection, field.value.lowercased().utf8.elementsEqual("close".utf8) {
                self.closeAfterAnswer = true
            } else {
                headers.add(name: field.name.rawName, value: field.value)
            }
        }
        if exchange.receiving || self.quiescing || response.status == .contentTooLarge { self.closeAfterAnswer = true }
        if self.closeAfterAnswer { headers.add(name: "Connection", value: "close") }
        headers.add(name: "Date", value: self.loop.date)
        let status = HTTPResponseStatus(statusCode: response.status.code, reasonPhrase: response.status.reasonPhrase)
        // The client's own version, so that the encoder sends no chunks to one that can't read them.
        let version: HTTPVersion = exchange.head.version.minor == 0 ? .http1_0 : .http1_1
        self.exchange?.answerHead = HTTPResponseHead(version: version, status: status, headers: headers)
        self.exchange?.answerLength = response.body.contentLength
        self.exchange?.answerHasBody = exchange.head.method != .HEAD && status.mayHaveResponseBody
        return true
    }

    /// A piece of the answer's body.
    /// - Returns: whether the client keeps up.
    func write(_ chunk: ByteBuffer, number: Int) throws -> Bool {
        guard self.isServing(number), let context = self.context else { throw ConnectionGone() }
        // A body that is whole with its first piece leaves together with head and end.
        if self.exchange?.answerHead != nil, self.exchange?.answerBody == nil, self.exchange?.answerLength == chunk.readableBytes {
            self.exchange?.answerBody = chunk
            return true
        }
        self.streaming = true
        self.writeHeld(context)
        self.writeBody(chunk, context)
        context.flush()
        return context.channel.isWritable
    }

    func finish(_ trailers: HTTPFields?, number: Int) throws {
        guard self.isServing(number), let context = self.context else { throw ConnectionGone() }
        self.writeHeld(context)
        let ends = self.closeAfterAnswer || self.exchange?.receiving == true
        let written = ends ? context.eventLoop.makePromise(of: Void.self) : nil
        if self.exchange?.head.method == .HEAD {
            // The encoder would write the end of a body that an answer to HEAD doesn't have (RFC 9110 §9.3.2).
            if let written { context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: written) }
        } else {
            let fields = trailers.map { HTTPHeaders($0.map { ($0.name.rawName, $0.value) }) }
            context.write(self.wrapOutboundOut(.end(fields)), promise: written)
        }
        context.flush()
        // A write to a client that has left closes the channel before it returns.
        guard self.isServing(number) else { throw ConnectionGone() }
        self.streaming = false
        self.bodyTimer?.cancel()
        self.bodyTimer = nil
        if let written {
            self.end(after: written.futureResult)
        } else {
            self.next()
        }
    }

    /// The task is over. A request that has no answer now will never have one.
    func ended(number: Int) {
        self.running -= 1
        if self.running == 0 { self.task = nil }
        if self.isServing(number) {
            if self.exchange?.headSent == true {
                self.context?.close(promise: nil)  // all that can still tell the client that its answer is not whole
            } else {
                self.refuse(.internalServerError)
            }
        } else if self.phase == .closed, self.running == 0 {
            self.service.gate.orphanEnded()
        }
    }

    /// Whether the request of that number waits for its answer.
    private func isServing(_ number: Int) -> Bool { self.phase == .serving && self.started == number }

    private func writeHeld(_ context: ChannelHandlerContext) {
        if let head = self.exchange?.answerHead {
            self.exchange?.answerHead = nil
            self.exchange?.headSent = true
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        }
        if let body = self.exchange?.answerBody {
            self.exchange?.answerBody = nil
            self.writeBody(body, context)
        }
    }

    private func writeBody(_ chunk: ByteBuffer, _ context: ChannelHandlerContext) {
        guard self.exchange?.answerHasBody == true, chunk.readableBytes > 0 else { return }
        context.write(self.wrapOutboundOut(.body(.byteBuffer(chunk))), promise: nil)
    }

    func resumeWriter(_ result: Result<Void, any Error>) {
        let waiter = self.writableWaiter
        self.writableWaiter = nil
        waiter?.resume(with: result)
    }

    func giveUpWaiting(number: Int) {
        guard self.isServing(number) else { return }
        self.exchange?.waitsForClient = false
        self.resumeWriter(.failure(ConnectionGone()))
    }

    /// Keeps a writer until the client has taken enough of what was written.
    func await(_ waiter: CheckedContinuation<Void, any Error>, number: Int) {
        guard self.isServing(number), let context = self.context else { return waiter.resume(throwing: ConnectionGone()) }
        if context.channel.isWritable {
            waiter.resume()
        } else if self.exchange?.waitsForClient == false {
            waiter.resume(throwing: ConnectionGone())
        } else {
            self.resumeWriter(.failure(ConnectionGone()))
            self.writableWaiter = waiter
        }
    }
}
