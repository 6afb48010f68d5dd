"""The first cell of the notebooks that test the session grid: a conversation about a broken lamp."""

from nbagents import SQLiteSession

TURNS = [
    {"role": "user", "content": "My lamp arrived broken, order A-1043."},
    {"type": "function_call", "call_id": "c1", "name": "lookup_order", "arguments": '{"order_id": "A-1043"}'},
    {"type": "function_call_output", "call_id": "c1", "output": '{"status": "delivered", "total": 42.50}'},
    {"role": "assistant", "content": "I'm sorry about the lamp. Shall I refund it?"},
    {"role": "user", "content": "Yes, please."},
    {
        "type": "function_call",
        "call_id": "c2",
        "name": "issue_refund",
        "arguments": '{"order_id": "A-1043", "amount": 42.5, "reason": "arrived broken"}',
    },
    {
        "type": "function_call_output",
        "call_id": "c2",
        "output": "An error occurred while running the tool. Please try again. Error: needs a photo above 40.00",
    },
]

session = SQLiteSession("support-42")
