//! The body of a request: gathered as it comes, counted, and in time.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};

use super::room::{Held, Room};

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    /// More than the route takes.
    TooLong,
    /// There is no room for it now.
    Crowded,
    /// Not all of it in time.
    TooSlow,
    /// Cut off, or not framed as HTTP says.
    Broken,
}

/// All of a body of at most `limit` bytes, in the room that `held` has of it.
pub(super) async fn gather<S, B, E>(
    body: &mut S,
    limit: usize,
    within: Duration,
    room: &Room,
    held: &mut Held,
) -> Result<Bytes, NoBody>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Buf,
{
    tokio::time::timeout(within, count(body, limit, room, held)).await.unwrap_or(Err(NoBody::TooSlow))
}

async fn count<S, B, E>(body: &mut S, limit: usize, room: &Room, held: &mut Held) -> Result<Bytes, NoBody>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Buf,
{
    // Most bodies are one piece, which is then handed on as it is. For others room is made as they come: what a caller
    // announces costs nothing.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(piece) = body.next().await {
        let mut piece = piece.map_err(|_| NoBody::Broken)?;
        let length = piece.remaining();
        if first.len() + all.len() + length > limit {
            return Err(NoBody::TooLong);
        }
        if !room.hold(held, first.len() + all.len() + length) {
            return Err(NoBody::Crowded);
        }
        if first.is_empty() && all.is_empty() {
            first = piece.copy_to_bytes(length);
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            while piece.has_remaining() {
                all.extend_from_slice(piece.chunk());
                piece.advance(piece.chunk().len());
            }
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// How much, and for how long, of a body that nobody wants.
const UNWANTED: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads on for a moment: a caller that is still writing when its connection is closed never sees the answer.
pub(super) async fn discard<S, B, E>(body: &mut S)
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Buf,
{
    // Whether it ends, breaks, is too long or too slow: the answer is given now.
    let _ = tokio::time::timeout(PATIENCE, async {
        let mut seen = 0;
        while let Some(Ok(piece)) = body.next().await {
            seen += piece.remaining();
            if seen > UNWANTED {
                break;
            }
        }
    })
    .await;
}
