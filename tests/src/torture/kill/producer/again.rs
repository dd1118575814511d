//! What a producer sends a second time, or better had not sent.

use einsicht_proto::v1::RecordRequest;
use rand::RngExt as _;
use tonic::{Code, Status};

use super::{Heard, Producer, gone, places};
use crate::service::Recorder;

impl Producer {
    /// Has everything answered, in its own way, and the same at least once more for what was answered
    /// before: while its session is open, and when it has ended.
    ///
    /// # Errors
    /// What ended it before everything was answered.
    pub async fn settle(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        self.end_session(recorder).await?;
        // At least one request, so that there is something to be reminded of.
        self.record(recorder).await?;
        while !self.unanswered.is_empty() {
            self.record(recorder).await?;
        }
        self.remind(recorder).await?;
        self.contradict(recorder).await?;
        self.begin_session();
        self.end_session(recorder).await?;
        self.remind(recorder).await?;
        self.contradict(recorder).await
    }

    /// What was answered gets the same answer again, also when its session has ended.
    pub(super) async fn remind(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        if self.remembered.is_empty() {
            return Ok(());
        }
        let (request, expected) = &self.remembered[self.random.random_range(0..self.remembered.len())];
        let request = RecordRequest { known_size: 0, ..request.clone() };
        let answer = recorder.record(request.clone()).await.map_err(gone)?.into_inner();
        let head = self.verifier.answer(&request, &answer);
        assert_eq!(&places(&answer), expected, "the same request was answered in two ways");
        assert!(answer.recorded.iter().all(|recorded| recorded.already_recorded), "it was recorded again");
        self.reminders += 1;
        self.reminders_of_ended += u64::from(request.session != self.session.id);
        let (session, first) = (request.session, Some(request.first_sequence));
        self.heard.push(Heard { session, first, places: places(&answer), head });
        Ok(())
    }

    /// A number that stands for one event is refused to every other.
    pub(super) async fn contradict(&mut self, recorder: &mut Recorder) -> Result<(), Status> {
        if self.remembered.is_empty() {
            return Ok(());
        }
        let (request, _) = &self.remembered[self.random.random_range(0..self.remembered.len())];
        let request = RecordRequest { known_size: 0, ..request.clone() };
        let request = RecordRequest { events: vec![self.event()], ..request };
        match recorder.record(request).await {
            Ok(answer) => panic!("a number was given to another event: {answer:?}"),
            Err(status) if status.code() == Code::AlreadyExists => {
                self.conflicts += 1;
                Ok(())
            }
            Err(status) => Err(gone(status)),
        }
    }
}
