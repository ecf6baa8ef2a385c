import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1

extension Connection {
    func received(_ part: HTTPServerRequestPart) {
        switch self.phase {
        case .idle, .gathering:
            self.gather(part)
        case .serving:
            if self.exchange?.receiving == true {
                self.pass(part)
            } else {
                self.queue.append(part)
            }
        case .ending:
            self.swallow(part)
        case .closed:
            break
        }
    }

    private func gather(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            guard self.phase == .idle else { return self.refuse(.badRequest) }
            self.endTimer?.cancel()
            self.endTimer = nil
            self.deadline = nil
            self.phase = .gathering
            self.exchange = Exchange(head: head)
        case .body(var chunk):
            if self.exchange?.gathered == nil {
                self.exchange?.gathered = chunk
            } else {
                self.exchange?.gathered?.writeBuffer(&chunk)
            }
        case .end:
            self.exchange?.receiving = false
            self.begin(with: RequestBody(buffer: self.exchange?.gathered ?? ByteBuffer()))
        }
    }

    /// The body did not come whole with its head: the responder gets what there is and the rest as it comes.
    func beginStreamed() {
        // A cycle until the exchange ends, which it does with the connection at the latest.
        let pipe = BodyPipe {
            self.loop.loop.execute { self.bodyWanted() }
        }
        if let chunk = self.exchange?.gathered { pipe.push(chunk) }
        let wantsContinue = self.expectsContinue
        self.exchange?.pipe = pipe
        self.exchange?.wantsContinue = wantsContinue
        self.bodyTimer = self.loop.loop.assumeIsolated().scheduleTask(in: TimeAmount(self.service.limits.bodyTimeout)) {
            pipe.fail(BodyDeadlineExceeded())
        }
        self.begin(with: RequestBody(asyncSequence: BodyStream(pipe: pipe)))
    }

    private func begin(with body: RequestBody) {
        guard let head = self.exchange?.head, let request = HTTPRequest(head) else { return self.refuse(.badRequest) }
        self.phase = .serving
        // CONNECT and Upgrade make the decoder stop for good after this request.
        self.closeAfterAnswer =
            self.quiescing || self.inputClosed || !head.isKeepAlive || head.version.minor == 0 || head.method == .CONNECT
            || head.headers.contains(name: "upgrade")
        self.started += 1
        self.running += 1
        self.task = Task(executorPreference: self.loop) { [number = self.started] in
            await self.serve(Request(head: request, body: body), number: number)
        }
    }

    private func pass(_ part: HTTPServerRequestPart) {
        switch part {
        case .head: self.parserRefused(.badRequest)
        case .body(let chunk): self.exchange?.pipe?.push(chunk)
        case .end:
            self.exchange?.receiving = false
            self.bodyTimer?.cancel()
            self.bodyTimer = nil
            self.exchange?.pipe?.finish()
        }
    }

    private func bodyWanted() {
        if self.exchange?.wantsContinue == true, self.exchange?.headSent == false, let context = self.context {
            self.exchange?.wantsContinue = false
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
        }
        self.resumeReading()
    }

    /// RFC 9110 §10.1.1: a client that announces so sends its body only when it is told to go on, which it is when the
    /// responder asks for the body.
    private var expectsContinue: Bool {
        guard let head = self.exchange?.head, head.version.minor > 0, self.exchange?.gathered == nil else { return false }
        return head.headers["expect"].contains { $0.lowercased().utf8.elementsEqual("100-continue".utf8) }
    }

    /// What the parser would not take: a request that nobody has seen yet is refused at once, a body that is being read breaks,
    /// and what comes after the request being served waits for that one's answer.
    func parserRefused(_ status: HTTPResponseStatus) {
        switch self.phase {
        case .idle, .gathering:
            self.refuse(status)
        case .serving where self.exchange?.receiving == true:
            self.exchange?.broken = status
            self.exchange?.pipe?.fail(BodyUnreadable())
        case .serving:
            self.queuedError = self.queuedError ?? status
        case .ending, .closed:
            break
        }
    }

    /// The client sends no more; it may still read.
    func inputEnded() {
        self.inputClosed = true
        switch self.phase {
        case .idle, .gathering:
            self.context?.close(promise: nil)
        case .serving:
            self.closeAfterAnswer = true
            if self.exchange?.receiving == true { self.parserRefused(.badRequest) }
        case .ending:
            if self.lingering { self.context?.close(promise: nil) }
        case .closed:
            break
        }
    }

    /// After an answer: goes on with what was received meanwhile.
    func next() {
        self.phase = .idle
        self.exchange = nil
        self.deadline = .now() + TimeAmount(self.service.limits.idleTimeout)
        while self.phase != .serving || self.exchange?.receiving == true, let part = self.queue.popFirst() { self.received(part) }
        if self.phase == .gathering { self.beginStreamed() }
        if self.phase == .idle, let status = self.queuedError { return self.refuse(status) }
        if self.exchange?.receiving == true, let status = self.queuedError { self.parserRefused(status) }
        self.resumeReading()
    }
}
