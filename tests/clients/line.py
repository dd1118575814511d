"""A line between a recorder and the service, which can be held and can lose an answer."""

import socket
import threading

# A frame that says nothing of a request (settings, window, ping) is shorter, an answer with its signed
# checkpoint longer; in TLS both have about 22 bytes more.
ANSWER_BYTES_MIN = 150


class Line:
    """Listens on a free port of this machine and passes bytes on to the service."""

    def __init__(self, service):
        self.service = service
        self.open, self.losing = threading.Event(), threading.Event()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self):
        """Passes nothing on until `release`."""
        self.open.clear()

    def release(self):
        self.open.set()

    def lose_answer(self):
        """Swallows the next answer, and then breaks the connection: the service has recorded, and the
        recorder does not know."""
        self.losing.set()

    def _accept(self):
        while True:
            recorder, _ = self.listener.accept()
            try:
                service = socket.create_connection(self.service)
            except OSError:
                recorder.close()
                continue
            for source, target, answers in [(recorder, service, False), (service, recorder, True)]:
                threading.Thread(target=self._pass_on, args=(source, target, answers), daemon=True).start()

    def _pass_on(self, source, target, answers):
        lost = 0
        try:
            while received := source.recv(65536):
                self.open.wait()
                if not (answers and self.losing.is_set()):
                    target.sendall(received)
                    continue
                lost += len(received)
                if lost >= ANSWER_BYTES_MIN:
                    self.losing.clear()
                    break
        except OSError:
            pass  # broken by the other direction
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
